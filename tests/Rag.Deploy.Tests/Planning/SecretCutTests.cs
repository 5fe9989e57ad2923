using Rag.Deploy.AppModel.Expressions;
using Rag.Deploy.Planning.Workloads;

namespace Rag.Deploy.Tests.Planning;

public sealed class SecretCutTests
{
    private static readonly SecretPart Secret = new("pw");

    [Theory]
    [InlineData("Host=db;Port=5432;Password=", ";Database=x", "Host=db;Port=5432;Database=x")]
    [InlineData("Host=db;Password=", "", "Host=db")]
    [InlineData("cache:6379,password=", "", "cache:6379")]
    [InlineData("cache:6379,password=", ",ssl=true", "cache:6379,ssl=true")]
    [InlineData("Endpoint=http://vectors:6333;Key=", "", "Endpoint=http://vectors:6333")]
    [InlineData("", "", "")]
    public void The_field_with_the_secret_goes_and_the_rest_stays(string before, string after, string expected) =>
        Assert.Equal((expected, "pw"), SecretCut.Of(ResolvedText.Of([new PlainPart(before), Secret, new PlainPart(after)])));

    [Fact]
    public void What_has_another_shape_is_left_whole()
    {
        Assert.Null(SecretCut.Of(ResolvedText.Of([new PlainPart("https://u:"), Secret, new PlainPart("@host")])));
        Assert.Null(SecretCut.Of(ResolvedText.Of([new PlainPart("Password=x"), Secret])));
        Assert.Null(SecretCut.Of(ResolvedText.Of([new PlainPart("Password="), Secret, new PlainPart(";Key="), new SecretPart("other")])));
        Assert.Null(SecretCut.Of(ResolvedText.Of([new PlainPart("Password="), Secret with { UriEncodings = 1 }])));
    }
}
