using System.Net;
using Microsoft.Extensions.Options;
using Rag.Web.Hosting;
using RagPlatform.ServiceDefaults.Limits;

namespace Rag.Web.Security;

/// <summary>
/// How many sign-ins of one visitor's address may fail, in this process. To the API all visitors have one address, this site's, and what it lets that
/// one try in vain would otherwise be used up by whoever tries most. Successes cost nothing. Thread-safe.
/// </summary>
internal sealed class SignInLimit(IOptions<WebOptions> options, TimeProvider time)
{
    private const int MostAddresses = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();

    // When all that failed will be forgotten: each failure puts it off by its share of the window, and it may not be further away than the window.
    private readonly Dictionary<IPAddress, TimeSpan> _forgotten = [];
    private TimeSpan? _swept;

    /// <summary>
    /// Counts a sign-in as failed until <see cref="Forgive"/> says otherwise: many at the same time must not slip through. Null: it may be tried; else
    /// the time until one may.
    /// </summary>
    public TimeSpan? Begin(IPAddress? from)
    {
        if (options.Value.FailedSignInsPerMinute is not (> 0 and var most))
        {
            return null;
        }

        lock (_gate)
        {
            var now = time.GetElapsedTime(_start);
            var address = KeptAs(CallerNetwork.Of(from), now);
            var before = _forgotten.GetValueOrDefault(address);
            var after = (before > now ? before : now) + (Window / most);
            if (after > now + Window)
            {
                return after - now - Window;
            }

            _forgotten[address] = after;
            return null;
        }
    }

    /// <summary>Takes back what <see cref="Begin"/> counted: it did not fail, or not for its key.</summary>
    public void Forgive(IPAddress? from)
    {
        if (options.Value.FailedSignInsPerMinute is not (> 0 and var most))
        {
            return;
        }

        lock (_gate)
        {
            var network = CallerNetwork.Of(from);
            var address = _forgotten.ContainsKey(network) ? network : IPAddress.None;
            if (_forgotten.TryGetValue(address, out var before))
            {
                _forgotten[address] = before - (Window / most);
            }
        }
    }

    // Beyond what may be held in memory newcomers share one place, until others are forgotten.
    private IPAddress KeptAs(IPAddress address, TimeSpan now)
    {
        if (_forgotten.Count < MostAddresses || _forgotten.ContainsKey(address))
        {
            return address;
        }

        // Not at every newcomer: whoever comes from ever new addresses would make each sign-in look at all of them.
        if (_swept is not { } at || at + SweepPause <= now)
        {
            _swept = now;
            foreach (var (known, forgotten) in _forgotten)
            {
                if (forgotten <= now)
                {
                    _forgotten.Remove(known);
                }
            }
        }

        return _forgotten.Count < MostAddresses ? address : IPAddress.None;
    }
}
