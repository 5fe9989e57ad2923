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

        var started = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 200; i++)
        {
            Assert.False((await AskAsync(cache)).Answered);
        }

        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
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

    private static Task<CacheReply<RedisValue>> AskAsync(CacheConnection cache) =>
        cache.AskAsync(static database => database.StringGetAsync("nothing"), CancellationToken.None);
}
