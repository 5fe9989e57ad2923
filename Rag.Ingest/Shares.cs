using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Ingest;

/// <summary>
/// How many of this process's places each collection holds. One that holds as many as it may is left out of the next claim, so that a
/// large upload leaves a place for the others. Thread-safe.
/// </summary>
/// <param name="most">Places of one collection.</param>
internal sealed class Shares(int most) : IDisposable
{
    private readonly SemaphoreSlim _claiming = new(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<CollectionId, int> _held = [];
    private readonly HashSet<Pulse> _idle = [];

    /// <summary>
    /// Places of a process, and how many of them one collection may hold. As many places as cores, of which a collection has three quarters,
    /// rounded up, but not all. With one core or two there is a place more instead: to keep one of two free would halve what a collection that
    /// is alone gets done, and without one two long documents keep everybody else waiting. What is configured holds: who says two places means
    /// two, perhaps for the memory, and then they may both be one collection's.
    /// </summary>
    public static (int Places, int Most) Of(int concurrency, int perCollection, int cores)
    {
        if (concurrency == 0 && perCollection == 0 && cores < 3)
        {
            return (cores + 1, cores);
        }

        var places = concurrency > 0 ? concurrency : cores;
        return (places, perCollection > 0 ? perCollection : places < 3 ? places : Math.Min(places - 1, ((3 * places) + 3) / 4));
    }

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
