using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Rag.Core.Caching;
using Rag.Core.Storage;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Caching;

[Collection(PostgresCollection.Name)]
public sealed class CacheSignalTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Where_notifications_do_not_arrive_Redis_wakes_and_after_its_return_too()
    {
        await using var redis = await RedisInstance.StartAsync();
        await using var sender = await DeafToPostgres.StartAsync(redis);
        await using var receiver = await DeafToPostgres.StartAsync(redis);
        var heard = new ConcurrentQueue<string>();
        using var subscription = receiver.Signals.Subscribe(StorageChannels.DocumentEvents, heard.Enqueue);

        await UntilHeardAsync(sender.Signals, heard, "collection");
        await redis.KillAsync();
        heard.Clear();
        await redis.StartAgainAsync();

        // Empty: something may have been missed.
        await Eventually.TrueAsync(() => Task.FromResult(heard.Contains("")), "it is told that something may have been missed");
        await UntilHeardAsync(sender.Signals, heard, "collection");
        Assert.DoesNotContain(heard, static payload => payload is not ("" or "collection"));
    }

    [Fact]
    public async Task Who_hears_both_wakes_once_and_who_has_no_Redis_wakes_all_the_same()
    {
        await using var redis = await RedisInstance.StartAsync();
        await using var sender = await StartAsync(redis);
        await using var both = await StartAsync(redis, sender);
        await using var without = await TestEngine.StartAsync(postgres, shareWith: sender);
        var (heardBoth, heardWithout) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        using var first = both.Get<StorageSignals>().Subscribe(StorageChannels.Jobs, heardBoth.Enqueue);
        using var second = without.Get<StorageSignals>().Subscribe(StorageChannels.Jobs, heardWithout.Enqueue);
        var signals = sender.Get<StorageSignals>();
        // Until both listen, and the one of Redis too: nobody else is told of Redis by this channel's own message.
        await UntilHeardAsync(signals, heardWithout, "begin");
        await UntilHeardAsync(signals, heardBoth, "begin");
        await Eventually.TrueAsync(() => Task.FromResult(both.Get<ISignalTransport>().IsListening), "it hears Redis");
        await NotifyAsync(sender, "settled", heardBoth);
        heardBoth.Clear();

        for (var i = 0; i < 5; i++)
        {
            signals.Signal(StorageChannels.Jobs, $"number {i}");
            await Eventually.TrueAsync(() => Task.FromResult(heardBoth.Contains($"number {i}") && heardWithout.Contains($"number {i}")), "both are awake");
        }

        // PostgreSQL delivers in order: when this arrives, every notification before it has.
        await NotifyAsync(sender, "end", heardBoth);
        Assert.Equal(["number 0", "number 1", "number 2", "number 3", "number 4", "end"], heardBoth.Where(static payload => payload is not ("" or "begin")));
    }

    [Fact]
    public async Task When_Redis_is_away_notifications_wake_as_before()
    {
        await using var redis = await RedisInstance.StartAsync();
        await using var sender = await StartAsync(redis);
        await using var receiver = await StartAsync(redis, sender);
        var heard = new ConcurrentQueue<string>();
        using var subscription = receiver.Get<StorageSignals>().Subscribe(StorageChannels.Jobs, heard.Enqueue);
        await redis.KillAsync();

        await UntilHeardAsync(sender.Get<StorageSignals>(), heard, "collection");
    }

    private Task<TestEngine> StartAsync(RedisInstance redis, TestEngine? shareWith = null) => TestEngine.StartAsync(
        postgres,
        new Dictionary<string, string?> { ["ConnectionStrings:cache"] = redis.ConnectionString, ["Rag:Cache:Timeout"] = "00:00:05" },
        shareWith,
        static (services, configuration) => services.AddRagCache(configuration));

    private static async Task NotifyAsync(TestEngine engine, string payload, ConcurrentQueue<string> heard)
    {
        await engine.ExecuteAsync("select pg_notify($1, $2)", StorageChannels.Jobs, payload);
        await Eventually.TrueAsync(() => Task.FromResult(heard.Contains(payload)), "the notification has arrived");
    }

    // Repeated, because the receiver may not listen yet; a poll cannot help here, nothing is stored.
    private static Task UntilHeardAsync(StorageSignals sender, ConcurrentQueue<string> heard, string payload) => Eventually.TrueAsync(
        () =>
        {
            sender.Signal(StorageChannels.DocumentEvents, payload);
            sender.Signal(StorageChannels.Jobs, payload);
            return Task.FromResult(heard.Contains(payload));
        },
        $"'{payload}' is heard");

    /// <summary>A process whose database never answers: what it hears, it hears through Redis.</summary>
    private sealed class DeafToPostgres(StorageSignals signals, CacheConnection cache, StorageReadiness readiness, NpgsqlDataSource source) : IAsyncDisposable
    {
        public StorageSignals Signals { get; } = signals;

        public static async Task<DeafToPostgres> StartAsync(RedisInstance redis)
        {
            // Nothing listens on port 1.
            const string nowhere = "Host=127.0.0.1;Port=1;Username=nobody;Timeout=1";
            var source = NpgsqlDataSource.Create(nowhere);
            var readiness = new StorageReadiness(NpgsqlDataSource.Create(nowhere));
            readiness.MarkPrepared();
            var cache = await Caches.ConnectAsync(redis.ConnectionString);
            var signals = new StorageSignals(source, readiness, NullLogger<StorageSignals>.Instance, new CacheSignals(cache));
            await signals.StartAsync(CancellationToken.None);
            return new DeafToPostgres(signals, cache, readiness, source);
        }

        public async ValueTask DisposeAsync()
        {
            await Signals.StopAsync(CancellationToken.None);
            Signals.Dispose();
            await cache.DisposeAsync();
            await readiness.DisposeAsync();
            await source.DisposeAsync();
        }
    }
}
