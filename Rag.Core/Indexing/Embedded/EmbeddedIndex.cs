using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Embedded;

/// <summary>
/// The index in this process's memory. A collection is loaded when it is first searched and then follows the database, until nobody
/// has searched it for a while. Losing it loses nothing: PostgreSQL is the truth.
/// </summary>
internal sealed partial class EmbeddedIndex(Database database, ILogger<EmbeddedIndex> logger, TimeProvider time, IEmbedder? embedder = null) : IIndexReader, IDisposable
{
    // The second read began after the caller asked, so it sees what the caller knows of.
    private const int Reads = 2;

    private readonly ChangeReader _reader = new(database, embedder?.Space);
    private readonly ConcurrentDictionary<CollectionId, Follower> _followers = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time = time;
    private bool _isDisposed;

    /// <summary>The collections that are loaded, with the last change each has applied.</summary>
    public IReadOnlyList<(CollectionId Collection, long Watermark)> Loaded =>
        [.. _followers.Where(static f => f.Value.IsLoaded).Select(static f => (f.Key, f.Value.Snapshot.Watermark))];

    /// <inheritdoc/>
    public async Task<IndexHits> SearchAsync(IndexQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Search(await SnapshotAsync(query.Collection, cancellationToken), query);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<double>> TermWeightsAsync(CollectionId collection, IReadOnlyList<TermWeight> terms, CancellationToken cancellationToken) =>
        SnapshotSearch.ApproximateTermWeights(await SnapshotAsync(collection, cancellationToken), terms);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> AnalyzersAsync(CollectionId collection, CancellationToken cancellationToken) =>
        (await SnapshotAsync(collection, cancellationToken)).Analyzers;

    /// <inheritdoc/>
    public async Task<bool> WaitForAsync(CollectionId collection, long sequence, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await CatchUpAsync(collection, sequence, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Not in time: the caller says so instead of failing.
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // What is loaded can be searched all the same, and the caller says that it is stale.
            LogNotRead(collection, e.Message);
        }

        return _followers.TryGetValue(collection, out var follower) && follower.Snapshot.Watermark >= sequence;
    }

    /// <summary>Reads and applies what is new, unless the index has <paramref name="atLeast"/> already.</summary>
    public async Task CatchUpAsync(CollectionId collection, long atLeast, CancellationToken cancellationToken)
    {
        var follower = FollowerOf(collection);
        for (var read = 0; read < Reads && !(follower.IsLoaded && follower.Snapshot.Watermark >= atLeast); read++)
        {
            await RefreshAsync(collection, follower, cancellationToken);
        }
    }

    /// <summary>Forgets a collection that is gone.</summary>
    public void Forget(CollectionId collection) => _followers.TryRemove(collection, out _);

    /// <summary>Forgets the collections that nobody has searched for so long: the next search loads them again.</summary>
    public void ForgetIdle(TimeSpan idle)
    {
        foreach (var (collection, follower) in _followers)
        {
            if (follower.IsLoaded && follower.Idle >= idle && _followers.TryRemove(collection, out _))
            {
                LogUnloaded(collection);
            }
        }
    }

    /// <summary>Ends what is being read.</summary>
    public void Dispose()
    {
        // Whoever registered it under two types disposes of it twice.
        if (!_isDisposed)
        {
            _isDisposed = true;
            _stopping.Cancel();
            _stopping.Dispose();
        }
    }

    private Follower FollowerOf(CollectionId collection) =>
        _followers.GetOrAdd(collection, static (id, index) => new Follower(id, index._reader, index._time, index._stopping.Token), this);

    private async Task<CollectionSnapshot> SnapshotAsync(CollectionId collection, CancellationToken cancellationToken)
    {
        var follower = FollowerOf(collection);
        follower.Touch();
        if (!follower.IsLoaded)
        {
            await RefreshAsync(collection, follower, cancellationToken);
        }

        return follower.Snapshot;
    }

    private async Task RefreshAsync(CollectionId collection, Follower follower, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        switch (await follower.RefreshAsync().WaitAsync(cancellationToken))
        {
            case Refresh.Gone:
                // Whoever still searches it finds nothing, and a new collection never has the same id.
                Forget(collection);
                break;
            case Refresh.Whole:
                var snapshot = follower.Snapshot;
                LogLoaded(collection, snapshot.LiveChunks, snapshot.Parts.Sum(static p => p.Segment.Bytes) / 1024, _time.GetElapsedTime(started).TotalMilliseconds);
                break;
            case Refresh.Changes:
            default:
                break;
        }
    }

    private static IndexHits Search(CollectionSnapshot snapshot, IndexQuery query)
    {
        var weights = SnapshotSearch.TermWeights(snapshot, query.Terms);
        var vector = snapshot.WithoutVector == 0 ? query.Vector : null;
        var isLexical = query.Terms.Count > 0 && !(query.PrefersDense && vector is not null);
        return new IndexHits
        {
            Lexical = isLexical ? SnapshotSearch.Lexical(snapshot, query.Terms, weights, query.Filter, query.Depth) : [],
            Dense = vector is { } dense ? SnapshotSearch.Dense(snapshot, dense, query.Filter, query.Depth) : null,
            TermWeights = weights,
            AverageLength = snapshot.AverageLength,
            Watermark = snapshot.Watermark,
        };
    }

    [LoggerMessage(3001, LogLevel.Information, "Collection {Collection} is loaded into the index: {Chunks} chunks, {KiB} KiB, {Milliseconds:F0} ms.")]
    private partial void LogLoaded(CollectionId collection, int chunks, long kiB, double milliseconds);

    [LoggerMessage(3003, LogLevel.Warning, "Collection {Collection} cannot be read into the index at the moment: {Reason}")]
    private partial void LogNotRead(CollectionId collection, string reason);

    [LoggerMessage(3004, LogLevel.Information, "Collection {Collection} is unloaded: nobody has searched it for a while.")]
    private partial void LogUnloaded(CollectionId collection);
}
