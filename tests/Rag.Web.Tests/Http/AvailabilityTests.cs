using System.Net;
using Rag.Web.Tests.StandIn;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Http;

/// <summary>The site without its API, with a wrong configuration, and its assets.</summary>
public sealed class AvailabilityTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Without_the_api_the_site_is_up_degraded_and_says_so_in_words_and_goes_on_when_it_comes_back()
    {
        await using var api = await StandInApi.StartAsync();
        var gone = new Uri("http://127.0.0.1:9");
        await using var process = WebSite.StartProcess(gone);
        await process.WaitUntilOkAsync("/health/ready", Patience);
        using var client = new PlainClient(process.BaseAddress);

        var health = await (await client.GetAsync("/health/ready")).Content.ReadAsStringAsync();
        Assert.Contains("\"status\":\"degraded\"", health, StringComparison.Ordinal);
        client.Cookies.Add(process.BaseAddress, new Cookie("rag-session", "rags_somebody"));
        using var page = await client.GetAsync("/collections");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
        var html = await page.Content.ReadAsStringAsync();
        Assert.Contains("The service is not answering", html, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", html, StringComparison.Ordinal);
        // The session may be as good as ever: nobody is signed out because the API restarts.
        Assert.False(page.Headers.Contains("Set-Cookie"));
        using var relayed = await client.GetAsync("/app/session");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, relayed.StatusCode);
        Assert.Contains("api-away", await relayed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("services__rag-api__http__0", "", "Rag:Web:ApiUrl is missing")]
    [InlineData("Rag__Web__ApiUrl", "ftp://somewhere", "allowed: an http or https address")]
    [InlineData("Rag__Web__ApiAdress", "http://127.0.0.1:1", "Rag:Web:ApiAdress is unknown")]
    public async Task A_wrong_configuration_stops_the_start_with_the_key_and_what_is_allowed(string name, string value, string words)
    {
        await using var process = WebSite.StartProcess(new Uri("http://127.0.0.1:9"), new Dictionary<string, string> { [name] = value });
        await Assert.ThrowsAsync<TimeoutException>(() => process.WaitUntilOkAsync("/health/live", Patience));
        Assert.True(process.HasExited);
        // The last lines may still be on their way out of the pipe.
        var deadline = DateTime.UtcNow.AddSeconds(10);
        while (!process.Output.Contains(words, StringComparison.Ordinal) && DateTime.UtcNow < deadline)
        {
            await Task.Delay(20);
        }

        Assert.Contains(words, process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Assets_are_kept_for_ever_under_their_fingerprint_and_compressed()
    {
        await using var process = WebSite.StartProcess(new Uri("http://127.0.0.1:9"));
        await process.WaitUntilOkAsync("/health/live", Patience);
        using var client = new PlainClient(process.BaseAddress);
        var html = await (await client.GetAsync("/signin")).Content.ReadAsStringAsync();
        var path = System.Text.RegularExpressions.Regex.Match(html, "/assets/[0-9a-f]+/js/shell.js").Value;

        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept-Encoding", "gzip, br");
        using var fresh = await client.SendAsync(request);
        Assert.Equal("public, max-age=31536000, immutable", fresh.Headers.GetValues("Cache-Control").Single());
        Assert.Equal("br", fresh.Content.Headers.ContentEncoding.Single());
        Assert.Equal("text/javascript", fresh.Content.Headers.ContentType!.MediaType);
        using var old = await client.GetAsync("/assets/0123456789ab/js/shell.js");
        Assert.True(old.Headers.CacheControl!.NoCache);
        using var none = await client.GetAsync("/assets/0123456789ab/../../Program.cs");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }
}
