using Rag.Core.Documents;

namespace Rag.Core.Indexing.Embedded;

/// <summary>
/// One collection in memory and the only one who reads it. What it reads belongs to the process, not to the request that asked first:
/// whoever waits may give up, and the next one finds the work going on or done. Thread-safe.
/// </summary>
internal sealed class Follower(CollectionId collection, ChangeReader reader, TimeProvider time, CancellationToken stopping)
{
    // Loading takes several times the memory of what is loaded, in large arrays that only a full collection frees, and nothing else here
    // makes the runtime run one for a long time. One run that gives the memory back to the system stops the process for a moment, once.
    private const int ManyChunks = 10_000;

    private readonly Lock _gate = new();
    private readonly CollectionIndex _index = new();
    private Task<Refresh>? _refresh;
    private volatile bool _isLoaded;
    private long _lastUsed = time.GetTimestamp();

    /// <summary>Whether the collection has been read once.</summary>
    public bool IsLoaded => _isLoaded;

    public CollectionSnapshot Snapshot => _index.Snapshot;

    /// <summary>Since somebody last asked for it.</summary>
    public TimeSpan Idle => time.GetElapsedTime(Interlocked.Read(ref _lastUsed));

    public void Touch() => Interlocked.Exchange(ref _lastUsed, time.GetTimestamp());

    /// <summary>The read that is going on, or a new one.</summary>
    public Task<Refresh> RefreshAsync()
    {
        lock (_gate)
        {
            return _refresh is { IsCompleted: false } ? _refresh : _refresh = Task.Run(ReadAsync, CancellationToken.None);
        }
    }

    private async Task<Refresh> ReadAsync()
    {
        var found = await ReadAndApplyAsync();
        // Not until what was read is out of reach.
        if (found == Refresh.Whole && Snapshot.LiveChunks >= ManyChunks)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }

        return found;
    }

    private async Task<Refresh> ReadAndApplyAsync()
    {
        var isFirst = !_isLoaded;
        var changes = isFirst
            ? await reader.ReadAllAsync(collection, stopping)
            : await reader.ReadSinceAsync(collection, Snapshot.Watermark, stopping);
        if (changes is null)
        {
            return Refresh.Gone;
        }

        if (isFirst || changes.Watermark > Snapshot.Watermark)
        {
            _index.Apply(changes);
        }

        _isLoaded = true;
        return isFirst || changes.IsWhole ? Refresh.Whole : Refresh.Changes;
    }
}

/// <summary>What a read found.</summary>
internal enum Refresh
{
    /// <summary>What had changed, if anything.</summary>
    Changes,

    /// <summary>The whole collection.</summary>
    Whole,

    /// <summary>There is no such collection any more.</summary>
    Gone,
}
