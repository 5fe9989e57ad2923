using System.Net;
using Rag.Api.Auth;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Testing;

namespace Rag.Api.Tests;

[Collection(Postgres.Name)]
public sealed class RateLimitTests(PostgresFixture postgres)
{
    [Fact]
    public async Task One_key_that_asks_too_often_waits_and_another_does_not()
    {
        await using var api = await ApiHost.StartReadyAsync(
            await postgres.CreateDatabaseAsync(), new Dictionary<string, string> { ["Rag:Limits:RequestsPerMinute"] = "5" });
        var other = await api.Client().CreateKeyAsync(new CreateKey("other", [KeyScope.Read]));
        for (var i = 0; i < 4; i++)
        {
            await api.Client().GetSessionAsync();
        }

        using var refused = await api.SendAsync(HttpMethod.Get, "/v1/session");

        await Json.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        await api.Client(other.Key).GetSessionAsync();
    }

    [Fact]
    public async Task An_address_that_tries_keys_waits_and_those_who_were_let_in_before_do_not()
    {
        await using var api = await ApiHost.StartReadyAsync(
            await postgres.CreateDatabaseAsync(), new Dictionary<string, string> { ["Rag:Limits:UnknownKeysPerMinute"] = "3" });
        var other = await api.Client().CreateKeyAsync(new CreateKey("revoked below", [KeyScope.Read]));
        for (var i = 0; i < 3; i++)
        {
            using var unknown = await api.SendAsync(HttpMethod.Get, "/v1/session", bearer: $"not-a-key-that-is-known-{i}");
            await Json.ProblemAsync(unknown, HttpStatusCode.Unauthorized, "key-unknown");
        }

        using var refused = await api.SendAsync(HttpMethod.Get, "/v1/session", bearer: "not-a-key-that-is-known-4");
        await Json.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 20);
        // A revocation makes the process forget what it has looked up, so that the key that was let in is looked up again.
        await api.Client().RevokeKeyAsync(other.Id);
        await api.Client().GetSessionAsync();
    }

    [Fact]
    public async Task Sessions_that_somebody_made_up_keep_nobody_from_signing_in()
    {
        var database = await postgres.CreateDatabaseAsync();
        var limits = new Dictionary<string, string> { ["Rag:Limits:UnknownKeysPerMinute"] = "3" };
        await using var api = await ApiHost.StartReadyAsync(database, limits);
        await using var other = await ApiHost.StartReadyAsync(database, limits);
        foreach (var replica in (ApiHost[])[api, other])
        {
            for (var i = 0; i < 3; i++)
            {
                using var unknown = await replica.SendAsync(HttpMethod.Get, "/v1/session", bearer: BearerText.NewSession());
                await Json.ProblemAsync(unknown, HttpStatusCode.Unauthorized, "key-unknown");
            }

            using var refused = await replica.SendAsync(HttpMethod.Get, "/v1/session", bearer: BearerText.NewSession());
            await Json.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "rate-limited");
        }

        // A front end's visitors have its address: the key is looked up here for the first time, and so is its session, here and elsewhere.
        var session = await api.Client().StartSessionAsync();
        await api.Client(session.Token).GetSessionAsync();
        await other.Client(session.Token).GetSessionAsync();
    }

    [Fact]
    public async Task A_key_has_only_so_many_event_streams_open_and_a_closed_one_makes_room()
    {
        await using var api = await ApiHost.StartReadyAsync(
            await postgres.CreateDatabaseAsync(), new Dictionary<string, string> { ["Rag:Limits:EventStreamsPerKey"] = "2" });
        await api.Client().CreateCollectionAsync(new CreateCollection("followed"));
        var other = await api.Client().CreateKeyAsync(new CreateKey("other", [KeyScope.Read]));
        using var first = await OpenAsync(ApiHost.Key);
        using var second = await OpenAsync(ApiHost.Key);

        using (var refused = await OpenAsync(ApiHost.Key))
        {
            await Json.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "rate-limited");
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        using var others = await OpenAsync(other.Key!);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], [first.StatusCode, second.StatusCode, others.StatusCode]);
        first.Dispose();
        await Eventually.TrueAsync(
            async () =>
            {
                using var again = await OpenAsync(ApiHost.Key);
                return again.StatusCode == HttpStatusCode.OK;
            },
            TimeSpan.FromSeconds(30),
            "the closed stream's place is free");

        async Task<HttpResponseMessage> OpenAsync(string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/collections/followed/events");
            request.Headers.Authorization = new("Bearer", key);
            return await api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
    }
}
