using System.Net;
using Microsoft.Extensions.Options;
using Rag.Core.Caching;
using RagPlatform.ServiceDefaults.Limits;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Limits;

/// <summary>How many bearers that turn out unknown one address may have looked up, in all replicas together. Good ones cost nothing.</summary>
internal sealed class UnknownKeyLimit(IOptions<LimitOptions> options, CacheConnection cache, TimeProvider time)
{
    private readonly SharedRateBuckets<IPAddress> _keys = new("unknown", options.Value.UnknownKeysPerMinute, cache, time);

    // Of their own, as a front end sends whatever cookie comes: strangers must not use up what its people need to sign in with a key.
    private readonly SharedRateBuckets<IPAddress> _sessions = new("unknown-session", options.Value.UnknownKeysPerMinute, cache, time);

    /// <summary>Counts the look-up of a key as failed until <see cref="SucceededAsync"/> says otherwise: many at the same time must not slip through.</summary>
    /// <exception cref="ProblemException"><c>rate-limited</c>.</exception>
    public ValueTask BeginAsync(IPAddress? from, CancellationToken cancellationToken) => TakeAsync(_keys, from, cancellationToken);

    public ValueTask SucceededAsync(IPAddress? from, CancellationToken cancellationToken) => _keys.GiveBackAsync(CallerNetwork.Of(from), cancellationToken);

    /// <summary>Counts a session that was looked up and is none.</summary>
    /// <exception cref="ProblemException"><c>rate-limited</c>.</exception>
    public ValueTask CountSessionAsync(IPAddress? from, CancellationToken cancellationToken) => TakeAsync(_sessions, from, cancellationToken);

    private static async ValueTask TakeAsync(SharedRateBuckets<IPAddress> buckets, IPAddress? from, CancellationToken cancellationToken)
    {
        if (await buckets.TakeAsync(CallerNetwork.Of(from), cancellationToken) is { } wait)
        {
            throw new ProblemException(
                "rate-limited", "Too many unknown keys came from this address. Wait as long as 'Retry-After' says; Rag:Limits:UnknownKeysPerMinute sets how many there may be.")
            {
                RetryAfter = wait,
            };
        }
    }
}
