using System.Globalization;
using Rag.Core.Caching;
using StackExchange.Redis;

namespace Rag.Api.Limits;

/// <summary>
/// A bucket of tokens per key that all replicas share by Redis: what <see cref="RateBuckets{TKey}"/> does, by Redis' clock. A process's own
/// bucket is asked first and is never fuller than it would be alone: it spares Redis what would be refused anyway, and when Redis is away it
/// goes on where it is, instead of giving everybody a full one. Thread-safe.
/// </summary>
/// <param name="name">Of the limit, in Redis' keys.</param>
/// <param name="perMinute">Tokens per minute; 0: no limit.</param>
/// <param name="cache">Where the tokens are.</param>
/// <param name="time">For the process's own buckets.</param>
internal sealed class SharedRateBuckets<TKey>(string name, int perMinute, CacheConnection cache, TimeProvider time)
    where TKey : notnull
{
    // KEYS[1]: the bucket. ARGV[1]: tokens per minute, which is also what it holds. ARGV[2]: 1 takes a token, -1 gives one back.
    // Answers 0, or the microseconds until there is a token. A bucket that nobody touched for a minute is full, and as good as absent.
    private const string Script =
        """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000000 + clock[2]
        local most = tonumber(ARGV[1])
        local due = tonumber(ARGV[2])
        local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        if due < 0 and not bucket[1] then return 0 end
        local tokens = tonumber(bucket[1] or most)
        local passed = math.max(0, now - tonumber(bucket[2] or now))
        tokens = math.min(most, tokens + passed * most / 60000000)
        if due > 0 and tokens < due then return math.max(1, math.ceil((due - tokens) * 60000000 / most)) end
        tokens = math.min(most, tokens - due)
        redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.0f', now))
        redis.call('PEXPIRE', KEYS[1], 61000)
        return 0
        """;

    private readonly RateBuckets<TKey> _own = new(perMinute, time);

    /// <summary>Takes a token. Null: taken; else the time until there is one.</summary>
    public async ValueTask<TimeSpan?> TakeAsync(TKey key, CancellationToken cancellationToken)
    {
        if (!_own.TryTake(key, out var wait))
        {
            return wait;
        }

        if (perMinute == 0 || await RunAsync(key, 1, cancellationToken) is not (> 0 and var microseconds))
        {
            return null;
        }

        _own.GiveBack(key);
        return TimeSpan.FromMicroseconds(microseconds);
    }

    /// <summary>Takes a token back that turned out not to be due.</summary>
    public async ValueTask GiveBackAsync(TKey key, CancellationToken cancellationToken)
    {
        _own.GiveBack(key);
        if (perMinute != 0)
        {
            await RunAsync(key, -1, cancellationToken);
        }
    }

    private async Task<long> RunAsync(TKey key, int due, CancellationToken cancellationToken)
    {
        RedisKey[] keys = [string.Create(CultureInfo.InvariantCulture, $"rag:limit:{name}:{key}")];
        RedisValue[] arguments = [perMinute, due];
        return (await cache.AskAsync(async database => (long)await EvaluateAsync(database, keys, arguments), cancellationToken)).Value;
    }

    private static async Task<RedisResult> EvaluateAsync(IDatabase database, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await database.ScriptEvaluateAsync(Script, keys, arguments);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // Redis was restarted and has forgotten the script; the client knows it now and sends it again.
            return await database.ScriptEvaluateAsync(Script, keys, arguments);
        }
    }
}
