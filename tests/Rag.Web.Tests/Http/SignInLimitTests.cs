using System.Globalization;
using System.Net;
using Rag.Testing;
using Rag.Web.Tests.StandIn;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Http;

/// <summary>What a stranger who tries keys costs himself, the API and everybody else.</summary>
public sealed class SignInLimitTests(WebSite site) : IClassFixture<WebSite>
{
    // Few, so that no other one is due again before a test on a busy machine is through.
    private const int Most = 2;

    [Fact]
    public async Task A_stranger_who_tries_keys_is_held_up_before_the_api_and_others_sign_in()
    {
        await using var process = await StartAsync(("Rag__Web__FailedSignInsPerMinute", "2"));
        using var stranger = new PlainClient(process.BaseAddress);
        var asked = Asked();
        for (var i = 0; i < Most; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await TryKeyAsync(stranger, $"rag_wrong_{i}")).Status);
        }

        for (var i = 0; i < 5; i++)
        {
            var refused = await TryKeyAsync(stranger, "rag_another");
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
            Assert.InRange(refused.RetryAfter, 1, 30);
            Assert.Contains("<h1>Too many failed sign-ins</h1>", refused.Html, StringComparison.Ordinal);
            Assert.Contains($"Wait {refused.RetryAfter} second", refused.Html, StringComparison.Ordinal);
            Assert.Contains("href=\"/signin?return=%2Fkeys\"", refused.Html, StringComparison.Ordinal);
        }

        Assert.Equal(Most, Asked() - asked);
        using var neighbour = new PlainClient(process.BaseAddress, IPAddress.Parse("127.0.0.2"));
        Assert.Equal(HttpStatusCode.Redirect, (await TryKeyAsync(neighbour, StandInApi.ReaderKey)).Status);
    }

    [Fact]
    public async Task Behind_a_proxy_the_address_is_the_last_one_that_it_names()
    {
        await using var process = await StartAsync(("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true"), ("Rag__Web__FailedSignInsPerMinute", "2"));
        using var proxy = new PlainClient(process.BaseAddress);
        for (var i = 0; i < Most; i++)
        {
            // What the visitor has written himself stands in front, and makes nobody else of him.
            Assert.Equal(HttpStatusCode.Unauthorized, (await TryKeyAsync(proxy, "rag_wrong", $"192.0.2.{i}, 198.51.100.7")).Status);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await TryKeyAsync(proxy, "rag_wrong", "192.0.2.77, 198.51.100.7")).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await TryKeyAsync(proxy, StandInApi.ReaderKey, "203.0.113.9")).Status);
    }

    [Fact]
    public async Task Only_what_fails_for_its_key_counts()
    {
        await using var process = await StartAsync(("Rag__Web__FailedSignInsPerMinute", "2"));
        using var client = new PlainClient(process.BaseAddress);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.Redirect, (await TryKeyAsync(client, StandInApi.ReaderKey)).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await TryKeyAsync(client, "two words")).Status);
            site.State.Away = true;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await TryKeyAsync(client, StandInApi.ReaderKey)).Status);
            site.State.Away = false;
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await TryKeyAsync(client, "rag_wrong")).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await TryKeyAsync(client, StandInApi.ReaderKey)).Status);
    }

    [Fact]
    public async Task Links_count_too_and_one_that_came_too_soon_can_be_followed_again()
    {
        await using var process = await StartAsync(("Rag__Web__FailedSignInsPerMinute", "1"));
        using var client = new PlainClient(process.BaseAddress);
        using var wrong = await client.PostFormAsync("/signin", "/signin/link", new() { ["token"] = "made-up" });
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        site.State.Links["good+one"] = true;
        using var soon = await client.PostFormAsync("/signin", "/signin/link", new() { ["token"] = "good+one" });
        Assert.Equal(HttpStatusCode.TooManyRequests, soon.StatusCode);
        Assert.Contains("token=good%2Bone\"", await soon.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(site.State.Links.ContainsKey("good+one"));
    }

    [Fact]
    public async Task When_the_api_itself_looks_at_no_more_keys_the_page_says_so_and_how_long()
    {
        await using var process = await StartAsync(("Rag__Web__FailedSignInsPerMinute", "1"));
        using var client = new PlainClient(process.BaseAddress);
        site.State.SignInsRefusedFor = 17;
        try
        {
            for (var i = 0; i < 2; i++)
            {
                var refused = await TryKeyAsync(client, StandInApi.ReaderKey);
                Assert.Equal((HttpStatusCode.TooManyRequests, 17), (refused.Status, refused.RetryAfter));
                Assert.Contains("whoever tries", refused.Html, StringComparison.Ordinal);
            }
        }
        finally
        {
            site.State.SignInsRefusedFor = null;
        }
    }

    private async Task<ServiceProcess> StartAsync(params (string Name, string Value)[] settings)
    {
        var process = WebSite.StartProcess(site.ApiAddress, settings.ToDictionary(static x => x.Name, static x => x.Value));
        await process.WaitUntilOkAsync("/health/live", TimeSpan.FromSeconds(60));
        return process;
    }

    private int Asked() => site.State.Requests.Count(static x => x is ("POST", "/v1/session", _));

    private static async Task<(HttpStatusCode Status, int RetryAfter, string Html)> TryKeyAsync(PlainClient client, string key, string? forwardedFor = null)
    {
        var form = new FormUrlEncodedContent([new("formToken", await client.TokenAsync("/signin")), new("key", key), new("return", "/keys")]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/signin") { Content = form };
        if (forwardedFor is not null)
        {
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        }

        using var answer = await client.SendAsync(request);
        var retryAfter = answer.Headers.TryGetValues("Retry-After", out var values) ? int.Parse(values.Single(), CultureInfo.InvariantCulture) : 0;
        return (answer.StatusCode, retryAfter, await answer.Content.ReadAsStringAsync());
    }
}
