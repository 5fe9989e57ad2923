using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Carries what changed from PostgreSQL to Qdrant. Each step may be cut off anywhere and is then done again: points have ids of their
/// own, so that writing them twice changes nothing, and the watermark moves only in the transaction that books them.
/// </summary>
internal sealed partial class Projection(
    ProjectionSource source, ProjectionBooks books, ProjectionFence fence, QdrantClient qdrant, StorageSignals signals, TimeProvider time, ILogger<Projection> logger)
{
    /// <summary>The provider's name in the books.</summary>
    public const string Provider = "qdrant";

    private readonly Rests _rests = new(time);
    // Lost with the process, which then begins them anew.
    private readonly Dictionary<(int Version, CollectionId Collection), Pass> _passes = [];
    // Where a round was over before everybody had a turn.
    private readonly Dictionary<int, CollectionId> _last = [];

    /// <summary>Whether a collection waits because it could not be written.</summary>
    public bool IsFailing => _rests.Any;

    /// <summary>As <see cref="IsFailing"/>, in one version.</summary>
    public bool IsFailingIn(int version) => _rests.AnyOf(version);

    /// <summary>Forgets what is known of versions that there are no more.</summary>
    public void Keep(IReadOnlyCollection<int> versions) => _rests.Keep(versions);

    /// <summary>
    /// Does what there is to do in one version: a batch of each collection in turn, because neither a large one nor one that fails must
    /// keep the others waiting.
    /// </summary>
    /// <param name="version">Which.</param>
    /// <param name="atMost">After this long the rest is left for the next call, which begins with it; null: everybody gets a turn.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether there was anything.</returns>
    public async Task<bool> RunAsync(IndexVersion version, TimeSpan? atMost, CancellationToken cancellationToken)
    {
        var did = false;
        var isAway = false;
        var began = time.GetTimestamp();
        var behind = await source.BehindAsync(version, cancellationToken);
        if (version is { IsActive: true, IsFilled: false } && behind.TrueForAll(static b => b.Known is { IsLoaded: true }))
        {
            await books.FilledAsync(version, cancellationToken);
        }

        var gone = await source.GoneAsync(version, cancellationToken);
        _rests.Keep(version.Id, behind.Select(static b => b.Collection).Concat(gone).ToHashSet());
        var first = _last.Remove(version.Id, out var last) ? behind.FindIndex(b => b.Collection == last) + 1 : 0;
        foreach (var (collection, known, head) in behind[first..].Concat(behind[..first]))
        {
            did |= await TryAsync(collection, () => StepAsync(version, collection, known, head, cancellationToken));
            if (time.GetElapsedTime(began) >= atMost)
            {
                _last[version.Id] = collection;
                return did;
            }
        }

        // Last: much may have to go, and nobody waits for it.
        foreach (var collection in gone)
        {
            did |= await TryAsync(collection, () => RemoveAsync(version, collection, cancellationToken));
        }

        return did;

        async Task<bool> TryAsync(CollectionId collection, Func<Task> step)
        {
            if (_rests.IsResting(version.Id, collection))
            {
                return false;
            }

            try
            {
                await step();
                _rests.End(version.Id, collection);
                return true;
            }
            catch (Exception e) when (e is not ProjectorReplacedException && !cancellationToken.IsCancellationRequested && !(isAway && e is RagException { IsTransient: true }))
            {
                // A second one that fails in passing is no matter of a collection: then everybody waits.
                isAway |= e is RagException { IsTransient: true };
                if (_rests.Begin(version.Id, collection))
                {
                    LogFailed(collection, e is RagException ? e.Message : $"{e.GetType().Name}: {e.Message}");
                }

                return false;
            }
        }
    }

    // Both, where both are due: a collection that is written to all the time would never be compared otherwise.
    private async Task StepAsync(IndexVersion version, CollectionId collection, ProjectedCollection? known, long head, CancellationToken cancellationToken)
    {
        var projected = known ?? await BeginAsync(version, collection, head, await source.AverageLengthAsync(collection, cancellationToken), cancellationToken);
        if (projected.IsLoaded && head > projected.Watermark)
        {
            await FollowAsync(version, projected, head, cancellationToken);
        }

        if (projected.IsComparing || !projected.IsLoaded)
        {
            await CompareAsync(version, projected, cancellationToken);
        }
    }

    private Task<ProjectedCollection> BeginAsync(IndexVersion version, CollectionId collection, long head, double averageLength, CancellationToken cancellationToken)
    {
        _passes.Remove((version.Id, collection));
        return books.BeginAsync(version, collection, head, averageLength, cancellationToken);
    }

    private async Task RemoveAsync(IndexVersion version, CollectionId collection, CancellationToken cancellationToken)
    {
        _passes.Remove((version.Id, collection));
        await fence.RunAsync(version, token => qdrant.DeleteAsync(version.Name, QdrantFilter.OfCollection(collection), token), cancellationToken);
        await books.ForgetAsync(version, collection, cancellationToken);
    }

    private async Task FollowAsync(IndexVersion version, ProjectedCollection collection, long head, CancellationToken cancellationToken)
    {
        if (await source.ChangedAsync(collection.Collection, collection.Watermark, cancellationToken) is not { } changed)
        {
            // What happened meanwhile is not kept: compare everything instead, up to here.
            LogGap(collection.Collection, collection.Watermark, head);
            await BeginAsync(version, collection.Collection, head, collection.AverageLength, cancellationToken);
            return;
        }

        await ProjectAsync(version, collection, changed.Documents, changed.Watermark, completes: false, cancellationToken);
    }

    /// <summary>
    /// Some more of a pass over the collection's documents. At its end all of them were looked at since the watermark was set, and what
    /// changes after that is followed, so that nothing is missing: one pass is enough, whatever it found.
    /// </summary>
    private async Task CompareAsync(IndexVersion version, ProjectedCollection collection, CancellationToken cancellationToken)
    {
        var key = (version.Id, collection.Collection);
        // From the beginning when all of it is to be written again since, or when another projector was at it meanwhile.
        var after = _passes.TryGetValue(key, out var pass) && pass.Epoch == version.Epoch && pass.Weights == collection.Weights ? pass.After : (Guid?)null;
        var (documents, reached) = await source.DifferingAsync(version, collection.Collection, after, cancellationToken);
        await ProjectAsync(version, collection, documents, watermark: null, completes: reached is null, cancellationToken);
        if (reached is { } last)
        {
            _passes[key] = new Pass(version.Epoch, collection.Weights, last);
        }
        else
        {
            _passes.Remove(key);
        }
    }

    private async Task ProjectAsync(
        IndexVersion version, ProjectedCollection collection, List<DocumentId> documents, long? watermark, bool completes, CancellationToken cancellationToken)
    {
        var refusals = new List<Exception>();
        var projected = await WriteAsync(version, collection, documents, refusals, cancellationToken);
        if (refusals.Count > 0 && refusals.Count == projected.Count && !await TakesAsync(version, collection.Collection, cancellationToken))
        {
            // That is not the documents' fault.
            ExceptionDispatchInfo.Throw(refusals[0]);
        }

        // Of one that cannot be held, what was written of its newest generation goes too.
        var outdated = projected.Where(static d => d.IsGone || d.Generation is not null).Select(static d => (d.Document, d.Problem is null ? d.Generation : d.Generation + 1)).ToList();
        if (outdated.Count > 0)
        {
            await fence.RunAsync(version, token => qdrant.DeleteAsync(version.Name, QdrantFilter.Outdated(collection.Collection, outdated), token), cancellationToken);
        }

        var changed = await books.CommitAsync(
            new ProjectionBatch(version, collection.Collection, projected, collection.Weights, watermark) { CompletesLoad = completes, IsLoaded = collection.IsLoaded }, cancellationToken);
        signals.Signal(StorageChannels.IndexProjected, collection.Collection.ToString());
        if (changed)
        {
            signals.Signal(StorageChannels.DocumentEvents, collection.Collection.ToString());
        }
    }

    // When they cannot be written together, by halves, down to the one that is in the way of the others.
    private async Task<List<ProjectedDocument>> WriteAsync(
        IndexVersion version, ProjectedCollection collection, List<DocumentId> documents, List<Exception> refusals, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(
                version,
                collection,
                documents,
                async slice =>
                {
                    if (slice.Count > 0)
                    {
                        await fence.RunAsync(version, token => qdrant.UpsertAsync(version.Name, slice, token), cancellationToken);
                    }
                },
                cancellationToken);
        }
        catch (Exception e) when (IsOfDocuments(e) && documents.Count == 1)
        {
            LogRefused(documents[0], e.Message);
            refusals.Add(e);
            return [await source.RefusedAsync(documents[0], Reason(e), cancellationToken)];
        }
        catch (Exception e) when (IsOfDocuments(e))
        {
            var half = documents.Count / 2;
            return
            [
                .. await WriteAsync(version, collection, documents[..half], refusals, cancellationToken),
                .. await WriteAsync(version, collection, documents[half..], refusals, cancellationToken),
            ];
        }
    }

    /// <summary>Whether Qdrant takes a point that nothing can be said against; it goes again at once.</summary>
    private async Task<bool> TakesAsync(IndexVersion version, CollectionId collection, CancellationToken cancellationToken)
    {
        // Should this process be killed in between, it is of a document that is in no book, and the reconciliation removes it.
        var probe = new QdrantPoint(collection, DocumentId.New(), 0, 0, new SparseVector([1], [1]), null, MetadataTokens.Of(default));
        try
        {
            await fence.RunAsync(version, token => qdrant.UpsertAsync(version.Name, [probe], token), cancellationToken);
        }
        catch (QdrantRefusalException)
        {
            return false;
        }

        await fence.RunAsync(version, token => qdrant.DeleteAsync(version.Name, QdrantFilter.OfGenerations(collection, [(probe.Document, 0)]), token), cancellationToken);
        return true;
    }

    private static bool IsOfDocuments(Exception exception) => exception switch
    {
        QdrantRefusalException refusal => refusal.IsOfContent,
        RagException { Code: "index-corrupt" } => true,
        RagException or ProjectorReplacedException or OperationCanceledException => false,
        _ => true,
    };

    private static string Reason(Exception exception) => exception switch
    {
        QdrantRefusalException refusal => $"The vector index refuses the document (HTTP {refusal.Status}). The worker's log has the reason; reprocess the document when it is mended.",
        RagException => exception.Message,
        _ => "The document's stored terms, vectors or metadata cannot be written to the vector index. Reprocess it; if that does not help, the worker's log has the reason.",
    };

    [LoggerMessage(3101, LogLevel.Information, "Changes {From} to {To} of collection {Collection} are not kept any more; its index is compared document by document.")]
    private partial void LogGap(CollectionId collection, long from, long to);

    [LoggerMessage(3102, LogLevel.Warning, "The index of collection {Collection} cannot be written at the moment; the others go on, and this is tried again: {Reason}")]
    private partial void LogFailed(CollectionId collection, string reason);

    [LoggerMessage(3103, LogLevel.Warning, "Document {Document} cannot be written to the index and is left out: {Reason}")]
    private partial void LogRefused(DocumentId document, string reason);

    /// <summary>How far a comparison is.</summary>
    private sealed record Pass(long Epoch, int Weights, Guid After);
}
