using System.Net;
using Rag.Web.Tests.StandIn;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Http;

/// <summary>What the pages refuse, and what every answer carries.</summary>
public sealed class PageSecurityTests(WebSite site) : IClassFixture<WebSite>
{
    [Theory]
    [InlineData("/signin")]
    [InlineData("/no-such-page")]
    [InlineData("/collections")]
    [InlineData("/app/session")]
    public async Task Every_answer_carries_the_policy(string path)
    {
        using var client = new PlainClient(site.Address);
        using var answer = await client.GetAsync(path);
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            answer.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.Contains("camera=()", answer.Headers.GetValues("Permissions-Policy").Single(), StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Pages_hold_nothing_inline()
    {
        site.State.Collections.Clear();
        Samples.Fill(site.State);
        using var client = await PlainClient.SignedInAsync(site.Address);
        foreach (var path in (string[])["/collections", $"/collections/{Samples.Collection}/ask", $"/collections/{Samples.Collection}/documents", $"/collections/{Samples.Collection}/api", "/keys"])
        {
            using var answer = await client.GetAsync(path);
            var html = await answer.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.DoesNotMatch("<script(?![^>]*src=)", html);
            Assert.DoesNotMatch("<style|\\sstyle=|\\son[a-z]+=\"", html);
            Assert.DoesNotContain("Blazor", html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Whoever_is_not_signed_in_comes_back_to_where_he_wanted_to_go()
    {
        using var client = new PlainClient(site.Address);
        using var answer = await client.GetAsync("/collections/handbook/documents?status=failed");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("/signin?return=%2Fcollections%2Fhandbook%2Fdocuments%3Fstatus%3Dfailed", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task The_session_cookie_is_out_of_reach_for_scripts_and_other_sites_and_is_not_the_key()
    {
        using var client = new PlainClient(site.Address);
        using var answer = await client.PostFormAsync("/signin", "/signin", new() { ["key"] = StandInApi.AdminKey, ["return"] = "//evil.example" });
        Assert.Equal("/collections", answer.Headers.Location!.ToString());
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("rag-session=rags_", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(StandInApi.AdminKey, cookie, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true")]
    [InlineData("Rag__Web__PublicUrl", "https://rag.example")]
    public async Task Behind_https_the_cookie_is_bound_to_this_host(string variable, string value)
    {
        await using var process = WebSite.StartProcess(site.ApiAddress, new Dictionary<string, string> { [variable] = value });
        await process.WaitUntilOkAsync("/health/live", TimeSpan.FromSeconds(60));
        using var client = new PlainClient(process.BaseAddress);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/signin");
        request.Headers.Add("X-Forwarded-Proto", "https");
        using var answer = await client.SendAsync(request);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("__Host-rag-signin=", cookie, StringComparison.Ordinal);
        Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain=", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("http://evil.example", null)]
    [InlineData("null", null)]
    [InlineData(null, null)]
    [InlineData("own", "cross-site")]
    public async Task A_write_from_elsewhere_is_refused(string? origin, string? fetchSite)
    {
        site.State.AddCollection("kept");
        using var client = await PlainClient.SignedInAsync(site.Address);
        client.Origin = origin == "own" ? client.Origin : origin;
        foreach (var (method, path) in (IEnumerable<(HttpMethod, string)>)
            [(HttpMethod.Post, "/collections/kept/delete"), (HttpMethod.Post, "/signout"), (HttpMethod.Post, "/app/collections/kept/ask"), (HttpMethod.Delete, $"/app/collections/kept/documents/{Guid.NewGuid()}")])
        {
            using var request = new HttpRequestMessage(method, path);
            if (fetchSite is not null)
            {
                request.Headers.Add("Sec-Fetch-Site", fetchSite);
            }

            using var answer = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("origin-foreign", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.True(site.State.Collections.ContainsKey("kept"));
    }

    [Fact]
    public async Task A_form_without_its_token_is_refused()
    {
        site.State.AddCollection("kept");
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/collections/kept/delete") { Content = new FormUrlEncodedContent([new("confirmed", "yes")]) });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("This form is too old", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(site.State.Collections.ContainsKey("kept"));
    }

    [Fact]
    public async Task Without_scripts_deleting_asks_on_a_page_of_its_own()
    {
        site.State.AddCollection("old-things");
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var first = await client.PostFormAsync("/collections", "/collections/old-things/delete", []);
        Assert.Contains("Delete the collection", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(site.State.Collections.ContainsKey("old-things"));
        using var second = await client.PostFormAsync("/collections", "/collections/old-things/delete", new() { ["confirmed"] = "yes" });
        Assert.Equal("/collections?done=collection-deleted", second.Headers.Location!.ToString());
        Assert.False(site.State.Collections.ContainsKey("old-things"));
    }

    [Fact]
    public async Task A_link_is_not_used_up_by_looking_at_it_and_works_once()
    {
        site.State.Links["preview-me"] = true;
        using var client = new PlainClient(site.Address);
        (await client.GetAsync("/signin?token=preview-me")).Dispose();
        Assert.True(site.State.Links.ContainsKey("preview-me"));
        using var first = await client.PostFormAsync("/signin?token=preview-me", "/signin/link", new() { ["token"] = "preview-me" });
        Assert.Equal(HttpStatusCode.Redirect, first.StatusCode);
        using var other = new PlainClient(site.Address);
        using var second = await other.PostFormAsync("/signin", "/signin/link", new() { ["token"] = "preview-me" });
        Assert.Equal(HttpStatusCode.Unauthorized, second.StatusCode);
        Assert.Contains("This link has been used already", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rag_wrong_key", HttpStatusCode.Unauthorized, "This key is not known")]
    [InlineData("two words", HttpStatusCode.BadRequest, "That is not a key")]
    [InlineData("", HttpStatusCode.BadRequest, "That is not a key")]
    public async Task A_wrong_key_is_told_in_words(string key, HttpStatusCode status, string words)
    {
        using var client = new PlainClient(site.Address);
        using var answer = await client.PostFormAsync("/signin", "/signin", new() { ["key"] = key });
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Signing_out_ends_the_session_at_the_api_too()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        var session = client.Cookies.GetCookies(site.Address)["rag-session"]!.Value;
        using var answer = await client.PostFormAsync("/collections", "/signout", []);
        Assert.Equal("/signin?done=signed-out", answer.Headers.Location!.ToString());
        Assert.False(site.State.Sessions.ContainsKey(session));
        Assert.Null(client.Cookies.GetCookies(site.Address)["rag-session"]);
    }

    [Fact]
    public async Task Signing_out_works_here_also_while_the_api_is_away()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        var token = await client.TokenAsync("/collections");
        site.State.Away = true;
        try
        {
            using var answer = await client.SendAsync(
                new HttpRequestMessage(HttpMethod.Post, "/signout") { Content = new FormUrlEncodedContent([new("formToken", token)]) });
            Assert.Equal("/signin?done=signed-out-here", answer.Headers.Location!.ToString());
            Assert.Null(client.Cookies.GetCookies(site.Address)["rag-session"]);
            Assert.Contains("could not be ended", await (await client.GetAsync("/signin?done=signed-out-here")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        finally
        {
            site.State.Away = false;
        }
    }

    [Fact]
    public async Task A_removal_that_takes_long_is_waited_for_and_goes_on_when_the_browser_leaves()
    {
        site.State.AddCollection("huge");
        // A page gives up on what it only shows after 10 s.
        site.State.RemovalTime = TimeSpan.FromSeconds(10.5);
        try
        {
            using var client = await PlainClient.SignedInAsync(site.Address);
            using var leave = new CancellationTokenSource();
            var form = await (await client.GetAsync("/collections")).Content.ReadAsStringAsync();
            Assert.Contains("is being deleted. A large collection takes some minutes", form, StringComparison.Ordinal);
            var token = await client.TokenAsync("/collections");
            var asked = client.SendAsync(
                new HttpRequestMessage(HttpMethod.Post, "/collections/huge/delete") { Content = new FormUrlEncodedContent([new("formToken", token), new("confirmed", "yes")]) },
                leave.Token);
            await UntilAsync(() => site.State.Requests.Any(static x => x is ("DELETE", "/v1/collections/huge", _)));
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
            await UntilAsync(() => !site.State.Collections.ContainsKey("huge"));
        }
        finally
        {
            site.State.RemovalTime = null;
        }
    }

    [Fact]
    public async Task The_cookie_lasts_as_long_as_a_session_can_so_that_only_the_api_ends_it()
    {
        using var client = new PlainClient(site.Address);
        using var answer = await client.PostFormAsync("/signin", "/signin", new() { ["key"] = StandInApi.AdminKey });
        Assert.Contains("max-age=2592000", answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("/", HttpStatusCode.Redirect)]
    [InlineData("/signin", HttpStatusCode.OK)]
    [InlineData("/favicon.ico", HttpStatusCode.Redirect)]
    [InlineData("/no-such-page", HttpStatusCode.NotFound)]
    [InlineData("/health/live", HttpStatusCode.OK)]
    public async Task A_head_is_answered_like_a_get_without_its_body(string path, HttpStatusCode status)
    {
        using var client = new PlainClient(site.Address);
        using var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        Assert.Equal(status, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("docs.example.org", "https://rag-api.example", true)]
    [InlineData(null, "http://127.0.0.1", false)]
    public async Task The_api_guide_shows_no_address_that_its_reader_cannot_reach(string? host, string address, bool isPlaceholder)
    {
        site.State.AddCollection("guided");
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/collections/guided/api");
        request.Headers.Host = host;
        request.Headers.Add("Cookie", client.Cookies.GetCookieHeader(site.Address));
        using var plain = new PlainClient(site.Address);
        using var answer = await plain.SendAsync(request);
        var html = await answer.Content.ReadAsStringAsync();
        Assert.Contains("export RAG_URL=" + address, html, StringComparison.Ordinal);
        Assert.Equal(isPlaceholder, html.Contains("Rag:Web:PublicApiUrl", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_with_a_wrong_value_is_told_in_words()
    {
        site.State.AddCollection("values");
        var document = site.State.AddDocument("values", "a.txt", "text");
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var page = await client.GetAsync($"/collections/values/documents/{document.Id}?start=x");
        Assert.Equal(HttpStatusCode.BadRequest, page.StatusCode);
        Assert.Contains("letters where a number belongs", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var relayed = await client.GetAsync($"/app/collections/values/documents/{document.Id}/passage?start=x");
        Assert.Equal(HttpStatusCode.BadRequest, relayed.StatusCode);
        Assert.Equal("application/problem+json", relayed.Content.Headers.ContentType!.MediaType);
        Assert.Contains("problems/invalid-request", await relayed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_document_cannot_put_markup_into_a_page()
    {
        const string hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&</title>";
        site.State.AddCollection("hostile", hostile);
        var document = site.State.AddDocument("hostile", hostile, hostile, static x => { x.Title = "</h3><script>alert(3)</script>"; x.Warnings = [hostile]; });
        using var client = await PlainClient.SignedInAsync(site.Address);
        foreach (var path in (string[])["/collections", "/collections/hostile/documents", $"/collections/hostile/documents/{document.Id}?start=0&end=8", "/collections/hostile/documents?q=%3Cscript%3Ealert(4)%3C/script%3E"])
        {
            using var answer = await client.GetAsync(path);
            var html = await answer.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.DoesNotContain("<script>alert", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<img src=x", html, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/collections/nothing-here/ask", HttpStatusCode.NotFound, "There is no collection")]
    [InlineData("/collections/Not%20A%20Slug/ask", HttpStatusCode.NotFound, "There is no such page")]
    [InlineData("/collections/..%2F..%2Fkeys/ask", HttpStatusCode.NotFound, "There is no such page")]
    [InlineData("/app-like", HttpStatusCode.NotFound, "There is no such page")]
    public async Task What_is_not_there_gets_a_page_in_words(string path, HttpStatusCode status, string words)
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var answer = await client.GetAsync(path);
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_may_only_read_is_offered_no_writing_and_told_so()
    {
        site.State.AddCollection("read-me");
        site.State.AddDocument("read-me", "a.txt", "text");
        using var client = await PlainClient.SignedInAsync(site.Address, StandInApi.ReaderKey);
        var collections = await (await client.GetAsync("/collections")).Content.ReadAsStringAsync();
        Assert.DoesNotContain("New collection", collections, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"/keys\"", collections, StringComparison.Ordinal);
        var documents = await (await client.GetAsync("/collections/read-me/documents")).Content.ReadAsStringAsync();
        Assert.DoesNotContain("Choose files", documents, StringComparison.Ordinal);
        Assert.DoesNotContain("/delete\"", documents, StringComparison.Ordinal);
        using var keys = await client.GetAsync("/keys");
        Assert.Equal(HttpStatusCode.Forbidden, keys.StatusCode);
        Assert.Contains("Your key does not allow this", await keys.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StandInApi.ReaderKey, "May read<", false, false)]
    [InlineData(StandInApi.WriterKey, "May read and write<", true, false)]
    [InlineData(StandInApi.AdminOnlyKey, "May read and administer<", false, true)]
    [InlineData(StandInApi.AdminKey, "May read, write and administer<", true, true)]
    public async Task Each_scope_offers_what_it_allows_and_nothing_else(string key, string words, bool writes, bool administers)
    {
        site.State.AddCollection("scoped");
        using var client = await PlainClient.SignedInAsync(site.Address, key);
        var html = await (await client.GetAsync("/collections/scoped/documents")).Content.ReadAsStringAsync();
        Assert.Contains(words, html, StringComparison.Ordinal);
        Assert.Equal(writes, html.Contains("Choose files", StringComparison.Ordinal));
        Assert.Equal(administers, html.Contains("href=\"/keys\"", StringComparison.Ordinal));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, "It did not happen within 30 s.");
            await Task.Delay(50);
        }
    }
}
