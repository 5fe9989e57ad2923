namespace Rag.Api.Limits;

/// <summary>
/// A bucket of tokens per key: it holds what one minute refills, evenly. There are at most <paramref name="mostBuckets"/>; beyond that the
/// newcomers share one, until others are full again and with that as good as absent. Thread-safe.
/// </summary>
/// <param name="perMinute">Tokens per minute; 0: no limit.</param>
/// <param name="time">For the refilling.</param>
/// <param name="mostBuckets">What may be held in memory.</param>
internal sealed class RateBuckets<TKey>(int perMinute, TimeProvider time, int mostBuckets = 10_000)
    where TKey : notnull
{
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Bucket> _buckets = [];
    private readonly Bucket _shared = new() { Tokens = perMinute };
    private long? _swept;

    /// <summary>Takes a token. False: there is none, and <paramref name="wait"/> is the time until there is.</summary>
    public bool TryTake(TKey key, out TimeSpan wait)
    {
        wait = TimeSpan.Zero;
        if (perMinute == 0)
        {
            return true;
        }

        lock (_gate)
        {
            var bucket = BucketOf(key);
            Refill(bucket);
            if (bucket.Tokens < 1)
            {
                wait = TimeSpan.FromMinutes((1 - bucket.Tokens) / perMinute);
                return false;
            }

            bucket.Tokens--;
            return true;
        }
    }

    /// <summary>Takes a token back that turned out not to be due.</summary>
    public void GiveBack(TKey key)
    {
        lock (_gate)
        {
            // Of one that was removed there is nothing to give back: it was full.
            var bucket = _buckets.GetValueOrDefault(key, _shared);
            bucket.Tokens = Math.Min(perMinute, bucket.Tokens + 1);
        }
    }

    private Bucket BucketOf(TKey key)
    {
        if (_buckets.TryGetValue(key, out var bucket))
        {
            return bucket;
        }

        if (_buckets.Count >= mostBuckets)
        {
            Sweep();
            if (_buckets.Count >= mostBuckets)
            {
                return _shared;
            }
        }

        return _buckets[key] = new Bucket { Tokens = perMinute, At = time.GetTimestamp() };
    }

    // Not at every newcomer: whoever comes from ever new addresses would make each request look at all of them.
    private void Sweep()
    {
        if (_swept is { } at && time.GetElapsedTime(at) < SweepPause)
        {
            return;
        }

        _swept = time.GetTimestamp();
        foreach (var (key, bucket) in _buckets)
        {
            Refill(bucket);
            if (bucket.Tokens >= perMinute)
            {
                _buckets.Remove(key);
            }
        }
    }

    private void Refill(Bucket bucket)
    {
        var now = time.GetTimestamp();
        bucket.Tokens = Math.Min(perMinute, bucket.Tokens + (perMinute * time.GetElapsedTime(bucket.At, now).TotalMinutes));
        bucket.At = now;
    }

    private sealed class Bucket
    {
        public double Tokens { get; set; }

        public long At { get; set; }
    }
}
