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
        using var made = await client.PostFormAsync("/keys", "/keys", new() { ["name"] = "Support <desk>", ["scope"] = "write", ["once"] = Guid.NewGuid().ToString(), ["collections"] = "handbook, contracts", ["days"] = "30" });
        var html = await made.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        Assert.Contains("rag_new_0123456789", html, StringComparison.Ordinal);
        Assert.Contains("Support &lt;desk&gt;", html, StringComparison.Ordinal);
        Assert.True(made.Headers.CacheControl!.NoStore);
        var key = Assert.Single(site.State.Keys.Values, static x => x.Name == "Support <desk>");
        Assert.Equal(["write"], key.Scopes);
        Assert.Equal(["handbook", "contracts"], key.Collections ?? []);

        var again = await (await client.GetAsync("/keys")).Content.ReadAsStringAsync();
        Assert.DoesNotContain("rag_new_", again, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_form_sent_again_makes_no_second_key_and_says_so()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        var page = await (await client.GetAsync("/keys")).Content.ReadAsStringAsync();
        var once = System.Text.RegularExpressions.Regex.Match(page, "name=\"once\" value=\"([0-9a-f]{32})\"").Groups[1].Value;
        Dictionary<string, string> form = new() { ["name"] = "Reloaded", ["scope"] = "read", ["once"] = once };
        using var first = await client.PostFormAsync("/keys", "/keys", form);
        Assert.Contains("rag_new_", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var second = await client.PostFormAsync("/keys", "/keys", form);

        var html = await second.Content.ReadAsStringAsync();
        Assert.DoesNotContain("rag_new_", html, StringComparison.Ordinal);
        Assert.Contains("no second one was made", html, StringComparison.Ordinal);
        Assert.Single(site.State.Keys.Values, static x => x.Name == "Reloaded");
    }

    [Fact]
    public async Task What_is_wrong_with_a_form_is_tied_to_it()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var key = await client.PostFormAsync("/keys", "/keys", new() { ["name"] = "Nothing allowed" });
        var html = await key.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.BadRequest, key.StatusCode);
        Assert.Contains("must name at least one", html, StringComparison.Ordinal);
        Assert.Contains("<fieldset class=\"field\" aria-describedby=\"key-problem\"", html, StringComparison.Ordinal);
        Assert.Contains("id=\"key-problem\"", html, StringComparison.Ordinal);

        using var collection = await client.PostFormAsync("/collections", "/collections", new() { ["name"] = "Not A Name" });
        html = await collection.Content.ReadAsStringAsync();
        Assert.Contains("aria-describedby=\"first-name-problem first-name-hint\"", html, StringComparison.Ordinal);
        Assert.Contains("id=\"first-name-problem\"", html, StringComparison.Ordinal);
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
