using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Carries what changed from PostgreSQL to Qdrant. Each step may be cut off anywhere and is then done again: points have ids of their
/// own, so that writing them twice changes nothing, and the watermark moves only in the transaction that books them.
/// </summary>
internal sealed partial class Projection(ProjectionSource source, ProjectionBooks books, QdrantClient qdrant, StorageSignals signals, ILogger<Projection> logger)
{
    /// <summary>The provider's name in the books.</summary>
    public const string Provider = "qdrant";

    // Changes in one transaction: enough to make it cheap, few enough that a document does not wait for many.
    private const int DocumentsPerBatch = 100;

    /// <summary>Does everything there is to do in one version.</summary>
    /// <returns>Whether there was anything.</returns>
    public async Task<bool> RunAsync(IndexVersion version, CancellationToken cancellationToken)
    {
        var did = await RemoveGoneAsync(version, cancellationToken);
        foreach (var (collection, known, head) in await source.BehindAsync(version, cancellationToken))
        {
            var projected = known ?? await books.BeginAsync(version, collection, head, await source.AverageLengthAsync(collection, cancellationToken), cancellationToken);
            // A batch of each in turn: a large collection must not keep the others waiting.
            if (projected.IsLoaded && head > projected.Watermark)
            {
                did |= await FollowAsync(version, projected, head, cancellationToken);
            }
            else if (projected.IsComparing || !projected.IsLoaded)
            {
                did |= await CompareAsync(version, projected, cancellationToken);
            }
        }

        return did;
    }

    private async Task<bool> RemoveGoneAsync(IndexVersion version, CancellationToken cancellationToken)
    {
        var gone = await source.GoneAsync(version, cancellationToken);
        foreach (var collection in gone)
        {
            await qdrant.DeleteAsync(version.Name, QdrantFilter.OfCollection(collection), cancellationToken);
            await books.ForgetAsync(version, collection, cancellationToken);
        }

        return gone.Count > 0;
    }

    private async Task<bool> FollowAsync(IndexVersion version, ProjectedCollection collection, long head, CancellationToken cancellationToken)
    {
        if (await source.ChangedAsync(collection.Collection, collection.Watermark, DocumentsPerBatch, cancellationToken) is not { } changed)
        {
            // What happened meanwhile is not kept: compare everything instead, up to here.
            LogGap(collection.Collection, collection.Watermark, head);
            await books.BeginAsync(version, collection.Collection, head, collection.AverageLength, cancellationToken);
            return true;
        }

        await ProjectAsync(version, collection, changed.Documents, changed.Watermark, completes: false, cancellationToken);
        return true;
    }

    private async Task<bool> CompareAsync(IndexVersion version, ProjectedCollection collection, CancellationToken cancellationToken)
    {
        var documents = await source.DifferingAsync(version, collection.Collection, DocumentsPerBatch, cancellationToken);
        await ProjectAsync(version, collection, documents, watermark: null, completes: documents.Count < DocumentsPerBatch, cancellationToken);
        return true;
    }

    private async Task ProjectAsync(
        IndexVersion version, ProjectedCollection collection, List<DocumentId> documents, long? watermark, bool completes, CancellationToken cancellationToken)
    {
        var projected = await source.ReadAsync(
            version, collection, documents, slice => qdrant.UpsertAsync(version.Name, slice, cancellationToken), cancellationToken);
        if (projected.Count > 0)
        {
            JsonObject outdated = QdrantFilter.Outdated(collection.Collection, projected.Select(static d => (d.Document, d.Generation)));
            await qdrant.DeleteAsync(version.Name, outdated, cancellationToken);
        }

        var ready = await books.CommitAsync(
            new ProjectionBatch(version, collection.Collection, projected, watermark) { CompletesLoad = completes }, cancellationToken);
        signals.Signal(StorageChannels.IndexProjected, collection.Collection.ToString());
        if (ready > 0)
        {
            signals.Signal(StorageChannels.DocumentEvents, collection.Collection.ToString());
        }
    }

    [LoggerMessage(3101, LogLevel.Information, "Changes {From} to {To} of collection {Collection} are not kept any more; its index is compared document by document.")]
    private partial void LogGap(CollectionId collection, long from, long to);
}
