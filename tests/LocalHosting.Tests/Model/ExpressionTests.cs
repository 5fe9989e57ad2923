using System.Text;

namespace LocalHosting.Tests.Model;

public sealed class ExpressionTests
{
    [Fact]
    public async Task Braces_stay_braces_and_values_are_filled_in_once()
    {
        var builder = TestAppHost.Run("--Parameters:p={0} {x}");
        var parameter = builder.AddParameter("p");
        string text = "{literal}";

        var expression = ReferenceExpression.Create($"{{{text}}} {parameter} {"a b":uri} {parameter:uri}");

        Assert.Equal("{{literal}} {0} {x} a%20b %7B0%7D%20%7Bx%7D", await expression.GetValueAsync(default));
        Assert.Equal("{{literal}} {p.value} a%20b {p.value}", expression.ValueExpression);
    }

    [Fact]
    public async Task An_unknown_format_is_refused()
    {
        var parameter = TestAppHost.Run("--Parameters:p=v").AddParameter("p");

        await Assert.ThrowsAsync<NotSupportedException>(async () => await ReferenceExpression.Create($"{parameter:base64}").GetValueAsync(default));
    }

    [Fact]
    public async Task No_text_is_no_value()
    {
        Assert.Null(await ReferenceExpression.Empty.GetValueAsync(default));
        Assert.Equal(string.Empty, ReferenceExpression.Empty.ValueExpression);
    }

    [Fact]
    public async Task A_value_waits_until_its_endpoint_is_allocated()
    {
        var app = TestAppHost.Run().AddContainer("app", "image").WithHttpEndpoint(targetPort: 80);
        var endpoint = app.GetEndpoint("http");

        var url = endpoint.GetValueAsync().AsTask();
        Assert.False(url.IsCompleted);
        Assert.False(endpoint.IsAllocated);
        endpoint.EndpointAnnotation.AllocatedEndpoint = new AllocatedEndpoint(endpoint.EndpointAnnotation, "localhost", 8080);

        Assert.Equal("http://localhost:8080", await url.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal("127.0.0.1", await endpoint.Property(EndpointProperty.IPV4Host).GetValueAsync());
        Assert.Equal("80", await endpoint.Property(EndpointProperty.TargetPort).GetValueAsync());
        Assert.Equal("False", await endpoint.Property(EndpointProperty.TlsEnabled).GetValueAsync());
    }

    [Fact]
    public async Task Waiting_for_an_endpoint_ends_with_its_token()
    {
        var app = TestAppHost.Run().AddContainer("app", "image").WithHttpEndpoint();
        using var cancellation = new CancellationTokenSource();
        var url = app.GetEndpoint("http").GetValueAsync(cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => url);
    }

    // From the test vectors of the specification's reference implementation.
    [Theory]
    [InlineData("", 0x02CC5D05u)]
    [InlineData("a", 0x550D7456u)]
    [InlineData("abc", 0x32D153FFu)]
    [InlineData("Nobody inspects the spammish repetition", 0xE2293B2Fu)]
    public void The_hash_of_conditional_names(string text, uint expected) => Assert.Equal(expected, XxHash32.Hash(Encoding.ASCII.GetBytes(text)));
}
