using System.Collections.Concurrent;
using Rag.Core.Storage;

namespace Rag.Api.Auth;

/// <summary>
/// Finds the caller of a bearer. Answers are kept for <see cref="CacheTime"/>, so that a busy client does not cost a round trip per
/// request; a revocation in this process takes effect at once, in another after at most that time. Unknown bearers are not kept.
/// </summary>
internal sealed class Authenticator(Database database, TimeProvider time)
{
    public static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(5);
    private const int MostKept = 10_000;

    private ConcurrentDictionary<string, Kept> _kept = new(StringComparer.Ordinal);

    public async ValueTask<Caller?> FindAsync(string bearer, CancellationToken cancellationToken)
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

        var at = time.GetTimestamp();
        var caller = await database.ReadAsync(
            (connection, token) => isSession ? BearerRows.SessionAsync(connection, hash, token) : BearerRows.KeyAsync(connection, hash, token), cancellationToken);
        if (caller is null)
        {
            kept.TryRemove(name, out _);
            return null;
        }

        if (kept.Count >= MostKept)
        {
            kept.Clear();
        }

        // Into the dictionary from before the look-up: if a revocation replaced it meanwhile, this answer is dropped with it.
        kept[name] = new Kept(caller, at);
        return caller;
    }

    /// <summary>Forgets every answer: something was revoked.</summary>
    public void Forget() => Interlocked.Exchange(ref _kept, new ConcurrentDictionary<string, Kept>(StringComparer.Ordinal));

    private bool HasExpired(Caller caller) => caller.Expires is { } expires && expires <= time.GetUtcNow();

    private sealed record Kept(Caller Caller, long At);
}
