using Rag.Web.Security;

namespace Rag.Web.Tests.Units;

public sealed class SecurityTests
{
    private const string Own = "http://127.0.0.1:5080";

    [Theory]
    [InlineData(Own, null, true)]
    [InlineData(Own, "same-origin", true)]
    [InlineData("HTTP://127.0.0.1:5080", "same-origin", true)]
    [InlineData(null, "same-origin", true)]
    [InlineData(null, null, false)]
    [InlineData("", "", false)]
    [InlineData("null", null, false)]
    [InlineData("null", "same-origin", false)]
    [InlineData("http://127.0.0.1:5081", null, false)]
    [InlineData("https://127.0.0.1:5080", null, false)]
    [InlineData("http://evil.example", "cross-site", false)]
    [InlineData(Own, "cross-site", false)]
    [InlineData(Own, "same-site", false)]
    [InlineData(Own, "none", false)]
    public void A_write_is_allowed_only_from_our_own_pages(string? origin, string? fetchSite, bool allowed) =>
        Assert.Equal(allowed, OriginCheck.Allows(origin, fetchSite, Own));

    [Fact]
    public void Behind_a_proxy_the_public_address_counts_too() =>
        Assert.True(OriginCheck.Allows("https://docs.example.org", "same-origin", Own, "https://docs.example.org"));

    [Theory]
    [InlineData("/collections/handbook/ask?x=1", "/collections/handbook/ask?x=1")]
    [InlineData(null, ReturnUrl.Default)]
    [InlineData("", ReturnUrl.Default)]
    [InlineData("https://evil.example/", ReturnUrl.Default)]
    [InlineData("//evil.example/", ReturnUrl.Default)]
    [InlineData("/\\evil.example/", ReturnUrl.Default)]
    [InlineData("javascript:alert(1)", ReturnUrl.Default)]
    [InlineData("/a\r\nSet-Cookie: x=y", ReturnUrl.Default)]
    [InlineData("/\t/evil.example", ReturnUrl.Default)]
    [InlineData("/signin?return=/signin", ReturnUrl.Default)]
    public void A_return_address_never_leaves_this_site(string? url, string expected) => Assert.Equal(expected, ReturnUrl.Local(url));

    [Fact]
    public void A_form_token_belongs_to_one_secret_and_does_not_reveal_it()
    {
        var token = FormToken.For("rags_secret");
        Assert.True(FormToken.Matches(token, "rags_secret"));
        Assert.False(FormToken.Matches(token, "rags_other"));
        Assert.False(FormToken.Matches(null, "rags_secret"));
        Assert.False(FormToken.Matches("rags_secret", "rags_secret"));
        Assert.DoesNotContain("secret", token, StringComparison.Ordinal);
    }
}
