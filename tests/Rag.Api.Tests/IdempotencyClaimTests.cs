using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Rag.Api.Auth;
using Rag.Api.Idempotency;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Core;
using Rag.Testing;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Tests;

/// <summary>Who holds an idempotency key when a client gives up, a request breaks off or two requests overtake each other.</summary>
[Collection(Postgres.Name)]
public sealed class IdempotencyClaimTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private const string Route = "POST /v1/anything";

    private readonly ManualTime _time = new();
    private Guid _keyId;

    private IdempotencyStore Store => fixture.Api.Services.GetRequiredService<IdempotencyStore>();

    public async Task InitializeAsync() => _keyId = (await fixture.Api.Client().CreateKeyAsync(new CreateKey("claims", [KeyScope.Read]))).Id;

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_client_that_gives_up_after_the_deed_finds_it_done()
    {
        var times = 0;
        async Task Handler(HttpContext context)
        {
            times++;
            // The client's time-out falls between the commit and the answer.
            context.Features.GetRequiredFeature<ClientConnection>().Abort();
            context.RequestAborted.ThrowIfCancellationRequested();
            context.Response.StatusCode = 201;
            context.Response.Headers.Location = "/v1/anything/1";
            await context.Response.WriteAsync("""{"n":1}""", context.RequestAborted);
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(Handler));
        var again = await SendAsync(Handler);

        Assert.Equal(1, times);
        Assert.Equal((201, "true", "/v1/anything/1"), (again.StatusCode, (string?)again.Headers["Idempotency-Replayed"], (string?)again.Headers.Location));
    }

    [Fact]
    public async Task A_refusal_gives_the_key_back_and_an_unclear_failure_keeps_it_until_it_counts_as_abandoned()
    {
        await Assert.ThrowsAsync<RagException>(() => SendAsync(static _ => throw new RagException("collection-exists", "There is one."), "refused"));
        await Assert.ThrowsAsync<RagException>(() => SendAsync(static _ => throw new RagException("storage-away", "Gone.", isTransient: true), "unclear"));

        Assert.Equal(200, (await SendAsync(Succeed, "refused")).StatusCode);
        Assert.Equal("request-in-progress", (await Assert.ThrowsAsync<ProblemException>(() => SendAsync(Succeed, "unclear"))).Code);
        await AgeAsync("unclear");
        Assert.Equal(200, (await SendAsync(Succeed, "unclear")).StatusCode);
    }

    [Fact]
    public async Task A_path_of_any_length_can_be_claimed()
    {
        // Of chance, or the index would hold it compressed.
        static string Path() => "/v1/" + Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(3500));
        var (one, other) = (IdempotencyMiddleware.RouteOf(Path()), IdempotencyMiddleware.RouteOf(Path()));

        Assert.IsType<Claim.Mine>(await Store.ClaimAsync(_keyId, one, "long", [1], default));
        Assert.IsType<Claim.InProgress>(await Store.ClaimAsync(_keyId, one, "long", [1], default));
        Assert.IsType<Claim.Mine>(await Store.ClaimAsync(_keyId, other, "long", [1], default));
        Assert.Equal(Route, IdempotencyMiddleware.RouteOf("/v1/anything"));
    }

    [Fact]
    public async Task Whoever_was_overtaken_changes_nothing_any_more()
    {
        var late = await ClaimAsync("raced");
        Assert.IsType<Claim.InProgress>(await Store.ClaimAsync(_keyId, Route, "raced", [1], default));
        await AgeAsync("raced");
        var second = await ClaimAsync("raced");

        Assert.False(await Store.RenewAsync(late, default));
        Assert.False(await Store.ReleaseAsync(late, default));
        Assert.False(await Store.CompleteAsync(late, [1], new KeptAnswer(201, "late", null), default));
        Assert.True(await Store.CompleteAsync(second, [1], new KeptAnswer(201, "second", null), default));
        Assert.False(await Store.CompleteAsync(late, [1], new KeptAnswer(201, "late", null), default));
        Assert.Equal("second", Assert.IsType<Claim.Done>(await Store.ClaimAsync(_keyId, Route, "raced", [1], default)).Answer.Body);
    }

    [Fact]
    public async Task A_request_that_takes_long_is_not_overtaken()
    {
        await SendAsync(
            async context =>
            {
                await AgeAsync("slow");
                _time.Advance(IdempotencyStore.Renewal);
                await Eventually.TrueAsync(async () => !await IsOldAsync("slow"), TimeSpan.FromSeconds(15), "the claim was renewed");
                Assert.IsType<Claim.InProgress>(await Store.ClaimAsync(_keyId, Route, "slow", [1], default));
                await Succeed(context);
            },
            "slow");
    }

    [Fact]
    public async Task A_request_that_was_overtaken_is_told_to_stop_and_its_client_to_ask_again()
    {
        var told = await Assert.ThrowsAsync<ProblemException>(() => SendAsync(
            async context =>
            {
                await AgeAsync("stood-still");
                await ClaimAsync("stood-still");
                _time.Advance(IdempotencyStore.Renewal);
                await Task.Delay(TimeSpan.FromSeconds(30), context.RequestAborted);
            },
            "stood-still"));

        Assert.Equal(("request-in-progress", TimeSpan.FromSeconds(1)), (told.Code, told.RetryAfter));
        Assert.IsType<Claim.InProgress>(await Store.ClaimAsync(_keyId, Route, "stood-still", [1], default));
    }

    private static Task Succeed(HttpContext context)
    {
        context.Response.StatusCode = 200;
        return context.Response.WriteAsync("{}");
    }

    private async Task<IdempotencyClaim> ClaimAsync(string key) => Assert.IsType<Claim.Mine>(await Store.ClaimAsync(_keyId, Route, key, [1], default)).Held;

    private async Task<HttpResponse> SendAsync(RequestDelegate handler, string key = "one")
    {
        using var connection = new ClientConnection();
        var context = new DefaultHttpContext { RequestServices = fixture.Api.Services };
        context.Features.Set<IHttpRequestLifetimeFeature>(connection);
        context.Features.Set(connection);
        context.Features.Set(new Caller(_keyId, "claims", new HashSet<Scope>(), Collections: null, Expires: null, KeyExpires: null, SessionHash: null));
        context.SetEndpoint(new Endpoint(handler, EndpointMetadataCollection.Empty, "anything"));
        context.Request.Method = "POST";
        context.Request.Path = "/v1/anything";
        context.Request.Headers["Idempotency-Key"] = key;
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes("{}"));
        context.Response.Body = new MemoryStream();
        await new IdempotencyMiddleware(handler, Store, _time, NullLogger<IdempotencyMiddleware>.Instance).InvokeAsync(context);
        return context.Response;
    }

    private async Task AgeAsync(string key)
    {
        await using var source = NpgsqlDataSource.Create(fixture.Api.ConnectionString);
        await using var command = source.CreateCommand("update idempotency_keys set created = now() - interval '2 minutes' where key_id = $1 and key = $2");
        command.Parameters.Add(new() { Value = _keyId });
        command.Parameters.Add(new() { Value = key });
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    private async Task<bool> IsOldAsync(string key)
    {
        await using var source = NpgsqlDataSource.Create(fixture.Api.ConnectionString);
        await using var command = source.CreateCommand("select created < now() - interval '1 minute' from idempotency_keys where key_id = $1 and key = $2");
        command.Parameters.Add(new() { Value = _keyId });
        command.Parameters.Add(new() { Value = key });
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private sealed class ClientConnection : IHttpRequestLifetimeFeature, IDisposable
    {
        private readonly CancellationTokenSource _gone = new();

        public ClientConnection() => RequestAborted = _gone.Token;

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => _gone.Cancel();

        public void Dispose() => _gone.Dispose();
    }
}
