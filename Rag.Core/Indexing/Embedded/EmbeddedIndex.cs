using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Embedded;

/// <summary>
/// The index in this process's memory. A collection is loaded when it is first searched and then follows the database. Losing it
/// loses nothing: PostgreSQL is the truth.
/// </summary>
internal sealed partial class EmbeddedIndex(Database database, ILogger<EmbeddedIndex> logger, TimeProvider time, IEmbedder? embedder = null) : IIndexReader
{
    private readonly ChangeReader _reader = new(database, embedder?.Space);
    private readonly ConcurrentDictionary<CollectionId, Follower> _followers = new();

    /// <summary>The collections that are loaded, with the last change each has applied.</summary>
    public IReadOnlyList<(CollectionId Collection, long Watermark)> Loaded =>
        [.. _followers.Where(static f => f.Value.IsLoaded).Select(static f => (f.Key, f.Value.Index.Snapshot.Watermark))];

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
    public async Task<bool> WaitForAsync(CollectionId collection, long sequence, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await CatchUpAsync(collection, sequence, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Not in time: the caller says so instead of failing.
        }

        return _followers.TryGetValue(collection, out var follower) && follower.Index.Snapshot.Watermark >= sequence;
    }

    /// <summary>Reads and applies what is new, unless the index has <paramref name="atLeast"/> already. One reader per collection at a time.</summary>
    public async Task CatchUpAsync(CollectionId collection, long atLeast, CancellationToken cancellationToken)
    {
        var follower = _followers.GetOrAdd(collection, static _ => new Follower());
        await follower.Gate.WaitAsync(cancellationToken);
        try
        {
            if (follower.IsLoaded && follower.Index.Snapshot.Watermark >= atLeast && atLeast > 0)
            {
                return;
            }

            var started = time.GetTimestamp();
            var changes = follower.IsLoaded
                ? await _reader.ReadSinceAsync(collection, follower.Index.Snapshot.Watermark, cancellationToken)
                : await _reader.ReadAllAsync(collection, cancellationToken);
            if (changes is null)
            {
                // Deleted. Whoever still searches it finds nothing, and a new collection never has the same id.
                _followers.TryRemove(collection, out _);
                return;
            }

            if (!follower.IsLoaded || changes.Watermark > follower.Index.Snapshot.Watermark)
            {
                follower.Index.Apply(changes);
            }

            if (!follower.IsLoaded || changes.IsWhole)
            {
                var snapshot = follower.Index.Snapshot;
                LogLoaded(collection, snapshot.LiveChunks, snapshot.Parts.Sum(static p => p.Segment.Bytes) / 1024, time.GetElapsedTime(started).TotalMilliseconds);
            }

            follower.IsLoaded = true;
        }
        finally
        {
            follower.Gate.Release();
        }
    }

    /// <summary>Forgets a collection that is gone.</summary>
    public void Forget(CollectionId collection) => _followers.TryRemove(collection, out _);

    private async Task<CollectionSnapshot> SnapshotAsync(CollectionId collection, CancellationToken cancellationToken)
    {
        var follower = _followers.GetOrAdd(collection, static _ => new Follower());
        if (!follower.IsLoaded)
        {
            await CatchUpAsync(collection, atLeast: 0, cancellationToken);
        }

        // Of the follower that loaded it: when two loaded at once, or it was deleted meanwhile, that may be another one, or none.
        return _followers.TryGetValue(collection, out var current) ? current.Index.Snapshot : CollectionSnapshot.Empty;
    }

    private static IndexHits Search(CollectionSnapshot snapshot, IndexQuery query)
    {
        var weights = SnapshotSearch.TermWeights(snapshot, query.Terms);
        return new IndexHits
        {
            Lexical = query.Terms.Count == 0 ? [] : SnapshotSearch.Lexical(snapshot, query.Terms, weights, query.Filter, query.Depth),
            Dense = query.Vector is { } vector && snapshot.HasVectors ? SnapshotSearch.Dense(snapshot, vector, query.Filter, query.Depth) : null,
            TermWeights = weights,
            AverageLength = snapshot.AverageLength,
            Watermark = snapshot.Watermark,
        };
    }

    [LoggerMessage(3001, LogLevel.Information, "Collection {Collection} is loaded into the index: {Chunks} chunks, {KiB} KiB, {Milliseconds:F0} ms.")]
    private partial void LogLoaded(CollectionId collection, int chunks, long kiB, double milliseconds);

    private sealed class Follower
    {
        private volatile bool _isLoaded;

        public CollectionIndex Index { get; } = new();

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public bool IsLoaded
        {
            get => _isLoaded;
            set => _isLoaded = value;
        }
    }
}
