using System.Collections.Concurrent;
using System.Net;
using Rag.Api.Limits;
using Rag.Core.Storage;

namespace Rag.Api.Auth;

/// <summary>
/// Finds the caller of a bearer. Answers are kept for <see cref="CacheTime"/>, so that a busy client does not cost a round trip per
/// request; a revocation in this process takes effect at once, in another after at most that time. Unknown bearers are not kept, but their
/// number per address is limited.
/// </summary>
internal sealed class Authenticator(Database database, UnknownKeyLimit unknownKeys, TimeProvider time)
{
    public static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(5);
    private const int MostKept = 10_000;

    // Who was let in before does not pay for what a neighbour tries. Outlives the cache: these are looked up all the same.
    private readonly ConcurrentDictionary<string, bool> _letInBefore = new(StringComparer.Ordinal);
    private ConcurrentDictionary<string, Kept> _kept = new(StringComparer.Ordinal);

    /// <summary>The caller of a bearer; null when it is unknown.</summary>
    /// <exception cref="RagPlatform.ServiceDefaults.Problems.ProblemException"><c>rate-limited</c> when too many unknown ones came from the address.</exception>
    public async ValueTask<Caller?> FindAsync(string bearer, IPAddress? from, CancellationToken cancellationToken)
    {
        var isSession = bearer.StartsWith(BearerText.SessionPrefix, StringComparison.Ordinal);
        if ((isSession || BearerText.LooksMade(bearer)) && !BearerText.HasValidCrc(bearer))
        {
            return null;
        }

        var hash = BearerText.HashOf(bearer);
        var name = Convert.ToHexString(hash);
        var kept = _kept;
        if (kept.TryGetValue(name, out var entry) && time.GetElapsedTime(entry.At) < CacheTime && !HasExpired(entry.Caller))
        {
            return entry.Caller;
        }

        var isNew = !isSession && !_letInBefore.ContainsKey(name);
        if (isNew)
        {
            await unknownKeys.BeginAsync(from, cancellationToken);
        }

        var at = time.GetTimestamp();
        var caller = await database.ReadAsync(
            (connection, token) => isSession ? BearerRows.SessionAsync(connection, hash, token) : BearerRows.KeyAsync(connection, hash, token), cancellationToken);
        if (caller is null)
        {
            kept.TryRemove(name, out _);
            _letInBefore.TryRemove(name, out _);
            if (isSession)
            {
                // Only now: all visitors of a front end have one address, and what one of them makes up must cost the others nothing,
                // whichever replica they meet.
                await unknownKeys.CountSessionAsync(from, cancellationToken);
            }

            return null;
        }

        if (isNew)
        {
            await unknownKeys.SucceededAsync(from, cancellationToken);
            Bound(_letInBefore);
            _letInBefore[name] = true;
        }

        Bound(kept);

        // Into the dictionary from before the look-up: if a revocation replaced it meanwhile, this answer is dropped with it.
        kept[name] = new Kept(caller, at);
        return caller;
    }

    /// <summary>Forgets every answer: something was revoked.</summary>
    public void Forget() => Interlocked.Exchange(ref _kept, new ConcurrentDictionary<string, Kept>(StringComparer.Ordinal));

    private static void Bound<T>(ConcurrentDictionary<string, T> entries)
    {
        if (entries.Count >= MostKept)
        {
            entries.Clear();
        }
    }

    private bool HasExpired(Caller caller) => caller.Expires is { } expires && expires <= time.GetUtcNow();

    private sealed record Kept(Caller Caller, long At);
}
