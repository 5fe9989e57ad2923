using System.Globalization;
using Microsoft.Extensions.Logging;
using Rag.Core.Caching;
using Rag.Testing;
using StackExchange.Redis;

namespace Rag.Core.Tests.Caching;

public sealed class CacheConnectionTests
{
    [Fact]
    public async Task Killed_in_flight_it_is_told_once_asked_seldom_and_back_by_itself()
    {
        await using var redis = await RedisInstance.StartAsync();
        var log = new Caches.LinesLogger();
        await using var cache = await Caches.ConnectAsync(redis.ConnectionString, log);
        Assert.True((await AskAsync(cache)).Answered);

        await redis.KillAsync();
        for (var i = 0; i < 50; i++)
        {
            Assert.False((await AskAsync(cache)).Answered);
        }

        Assert.NotNull(await cache.CheckAsync(CancellationToken.None));
        Assert.Single(log.Lines);

        await redis.StartAgainAsync();
        await Eventually.TrueAsync(async () => (await AskAsync(cache)).Answered, "Redis is asked again");
        Assert.Null(await cache.CheckAsync(CancellationToken.None));
        Assert.Equal([LogLevel.Warning, LogLevel.Information], log.Lines.Select(static line => line.Level));
        Assert.DoesNotContain(log.Lines, line => line.Line.Contains(redis.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_hangs_costs_one_time_out_per_second_and_not_one_per_request()
    {
        await using var redis = await RedisInstance.StartAsync();
        await using var cache = await Caches.ConnectAsync(redis.ConnectionString, timeout: TimeSpan.FromMilliseconds(300));
        // Every client waits meanwhile.
        await redis.RunAsync(static (database, _) => database.ExecuteAsync("CLIENT", "PAUSE", "60000"));

        var tries = 0;
        var started = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 200; i++)
        {
            var reply = await cache.AskAsync(
                database =>
                {
                    tries++;
                    return database.StringGetAsync("nothing");
                },
                CancellationToken.None);
            Assert.False(reply.Answered);
        }

        // The one that finds out, and one for each second since.
        Assert.InRange(tries, 1, 2 + (int)TimeProvider.System.GetElapsedTime(started).TotalSeconds);
    }

    [Fact]
    public async Task One_that_became_a_replica_is_away_and_its_address_is_tried_anew()
    {
        await using var redis = await RedisInstance.StartAsync();
        var log = new Caches.LinesLogger();
        await using var cache = await Caches.ConnectAsync(redis.ConnectionString, log);
        var first = await ConnectionsAsync(redis);
        // Of a master that is nowhere.
        await redis.RunAsync(static (database, _) => database.ExecuteAsync("REPLICAOF", "127.0.0.1", "1"));

        await Eventually.TrueAsync(
            async () =>
            {
                await cache.AskAsync(static database => database.StringSetAsync("key", "value"), CancellationToken.None);
                return !(await ConnectionsAsync(redis)).Overlaps(first);
            },
            TimeSpan.FromMinutes(1),
            "it is connected anew");
        Assert.NotNull(await cache.CheckAsync(CancellationToken.None));

        await redis.RunAsync(static (database, _) => database.ExecuteAsync("REPLICAOF", "NO", "ONE"));
        await Eventually.TrueAsync(
            async () => (await cache.AskAsync(static database => database.StringSetAsync("key", "value"), CancellationToken.None)).Answered,
            TimeSpan.FromMinutes(1),
            "it takes writes again");
        Assert.Null(await cache.CheckAsync(CancellationToken.None));
        Assert.Equal(LogLevel.Information, log.Lines[^1].Level);
    }

    [Fact]
    public async Task A_command_that_is_refused_is_no_outage()
    {
        await using var redis = await RedisInstance.StartAsync();
        var log = new Caches.LinesLogger();
        await using var cache = await Caches.ConnectAsync(redis.ConnectionString, log);
        await redis.RunAsync(static (database, _) => database.ExecuteAsync("CONFIG", "SET", "maxmemory", "1"));

        for (var i = 0; i < 3; i++)
        {
            Assert.False((await cache.AskAsync(static database => database.StringSetAsync("key", "value"), CancellationToken.None)).Answered);
            Assert.True((await AskAsync(cache)).Answered);
        }

        Assert.Contains("OOM", Assert.Single(log.Lines).Line, StringComparison.Ordinal);
        Assert.Contains("OOM", await cache.CheckAsync(CancellationToken.None), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_comes_later_by_its_file_lets_it_in()
    {
        await using var redis = await RedisInstance.StartAsync();
        var directory = Directory.CreateTempSubdirectory("rag-test-password-");
        try
        {
            var file = Path.Combine(directory.FullName, "password");
            await File.WriteAllTextAsync(file, "not this one\n");
            var log = new Caches.LinesLogger();
            await using var cache = Caches.Create(redis.Address, new CacheOptions { PasswordFile = file, Timeout = TimeSpan.FromSeconds(5) }, log);
            await cache.StartAsync(CancellationToken.None);
            await Eventually.TrueAsync(() => Task.FromResult(log.Lines.Count > 0), "the wrong password is refused");
            Assert.NotNull(await cache.CheckAsync(CancellationToken.None));

            await File.WriteAllTextAsync(file, redis.Password + "\n");
            await Eventually.TrueAsync(async () => await cache.CheckAsync(CancellationToken.None) is null, "the new password is used");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Without_an_address_it_is_well_and_never_answers()
    {
        await using var cache = Caches.Create("", new CacheOptions());
        await cache.StartAsync(CancellationToken.None);

        Assert.Null(await cache.CheckAsync(CancellationToken.None));
        Assert.False((await AskAsync(cache)).Answered);
    }

    [Fact]
    public async Task Nobody_there_at_the_start_is_told_and_used_as_soon_as_it_comes()
    {
        await using var redis = await RedisInstance.StartAsync();
        await redis.KillAsync();
        var log = new Caches.LinesLogger();
        await using var cache = Caches.Create(redis.ConnectionString, new CacheOptions { Timeout = TimeSpan.FromSeconds(5) }, log);
        await cache.StartAsync(CancellationToken.None);

        await Eventually.TrueAsync(() => Task.FromResult(log.Lines.Count > 0), "it is logged");
        Assert.NotNull(await cache.CheckAsync(CancellationToken.None));
        await redis.StartAgainAsync();

        // Though nobody asks.
        await Eventually.TrueAsync(() => Task.FromResult(log.Lines.Count > 1), "its coming is logged");
        Assert.True((await AskAsync(cache)).Answered);
        Assert.Equal([LogLevel.Warning, LogLevel.Information], log.Lines.Select(static line => line.Level));
    }

    // Those of the cache, not the one that asks.
    private static Task<HashSet<string>> ConnectionsAsync(RedisInstance redis) => redis.RunAsync(static async (_, server) =>
        (await server.ClientListAsync()).Where(static client => client.Name == "rag-cache").Select(static client => client.Id.ToString(CultureInfo.InvariantCulture)).ToHashSet(StringComparer.Ordinal));

    private static Task<CacheReply<RedisValue>> AskAsync(CacheConnection cache) =>
        cache.AskAsync(static database => database.StringGetAsync("nothing"), CancellationToken.None);
}
