using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Ingest;

/// <summary>
/// How many of this process's places each collection holds. One that holds as many as it may is left out of the next claim, so that a
/// large upload leaves a place for the others where there are three or more. Thread-safe.
/// </summary>
/// <param name="most">Places of one collection.</param>
internal sealed class Shares(int most) : IDisposable
{
    private readonly SemaphoreSlim _claiming = new(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<CollectionId, int> _held = [];
    private readonly HashSet<Pulse> _idle = [];

    /// <summary>
    /// Three quarters of the places, rounded up, but not all of three or more, unless the configuration says otherwise. Of two it is both: to
    /// keep one free would halve what a collection that is alone gets done.
    /// </summary>
    public static int Most(int configured, int places) => configured > 0 ? configured : places < 3 ? places : Math.Min(places - 1, ((3 * places) + 3) / 4);

    /// <summary>Claims, and counts what was claimed until it is given back. One claim at a time, or two would see the same place free.</summary>
    public async Task<ClaimedJob?> ClaimAsync(
        Func<IReadOnlyCollection<CollectionId>, Task<ClaimedJob?>> claim, CancellationToken cancellationToken)
    {
        await _claiming.WaitAsync(cancellationToken);
        try
        {
            CollectionId[] full;
            lock (_lock)
            {
                full = [.. _held.Where(entry => entry.Value >= most).Select(entry => entry.Key)];
            }

            var job = await claim(full);
            if (job is not null)
            {
                lock (_lock)
                {
                    _held[job.Collection] = _held.GetValueOrDefault(job.Collection) + 1;
                }
            }

            return job;
        }
        finally
        {
            _claiming.Release();
        }
    }

    /// <summary>One place less; wakes one that waits when the collection held as many as it may.</summary>
    public void GiveBack(CollectionId collection)
    {
        lock (_lock)
        {
            var held = _held[collection];
            if (held == 1)
            {
                _held.Remove(collection);
            }
            else
            {
                _held[collection] = held - 1;
            }

            if (held >= most && _idle.FirstOrDefault() is { } waiting)
            {
                _idle.Remove(waiting);
                waiting.Set();
            }
        }
    }

    /// <summary>Waits for the pulse like <see cref="Pulse.WaitAsync"/>, and may be woken by <see cref="GiveBack"/> too.</summary>
    public async Task WaitAsync(Pulse pulse, TimeSpan timeout, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _idle.Add(pulse);
        }

        try
        {
            await pulse.WaitAsync(timeout, cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                _idle.Remove(pulse);
            }
        }
    }

    public void Dispose() => _claiming.Dispose();
}
