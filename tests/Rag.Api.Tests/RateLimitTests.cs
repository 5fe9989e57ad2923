using System.Net;
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
}
