using System.Net;
using Rag.Web.Tests.StandIn;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Http;

/// <summary>Making and revoking keys; by forms alone, as without scripts.</summary>
public sealed class KeyPageTests(WebSite site) : IClassFixture<WebSite>
{
    [Fact]
    public async Task A_new_key_is_shown_once_and_holds_what_was_asked_for()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var made = await client.PostFormAsync("/keys", "/keys", new() { ["name"] = "Support <desk>", ["scope"] = "write", ["collections"] = "handbook, contracts", ["days"] = "30" });
        var html = await made.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        Assert.Contains("rag_new_0123456789", html, StringComparison.Ordinal);
        Assert.Contains("Support &lt;desk&gt;", html, StringComparison.Ordinal);
        Assert.True(made.Headers.CacheControl!.NoStore);
        var key = Assert.Single(site.State.Keys.Values, static x => x.Name == "Support <desk>");
        Assert.Equal(["read", "write"], key.Scopes);
        Assert.Equal(["handbook", "contracts"], key.Collections ?? []);

        var again = await (await client.GetAsync("/keys")).Content.ReadAsStringAsync();
        Assert.DoesNotContain("rag_new_", again, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoking_asks_first()
    {
        var key = new StandInKey(Guid.CreateVersion7(), "Old laptop", ["read"], null, DateTimeOffset.UtcNow, null, null, false);
        site.State.Keys[key.Id] = key;
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var first = await client.PostFormAsync("/keys", $"/keys/{key.Id}/revoke", new() { ["name"] = "Old laptop" });
        Assert.Contains("Revoke the key", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains(key.Id, site.State.Keys.Keys);
        using var second = await client.PostFormAsync("/keys", $"/keys/{key.Id}/revoke", new() { ["confirmed"] = "yes" });
        Assert.Equal("/keys?done=key-revoked", second.Headers.Location!.ToString());
        Assert.DoesNotContain(key.Id, site.State.Keys.Keys);
    }

    [Fact]
    public async Task A_form_of_absurd_size_is_refused_in_words()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var answer = await client.PostFormAsync("/keys", "/keys", new() { ["name"] = new string('x', 100_000) });
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("too large", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
