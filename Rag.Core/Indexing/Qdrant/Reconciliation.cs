using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Rag.Core.Documents;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Compares what Qdrant holds with what the books say, and puts right what differs. Nothing should: this is for a restored snapshot, a lost
/// disk, somebody else's hands. Runs where the projector runs, never beside it.
/// </summary>
internal sealed partial class Reconciliation : IDisposable
{
    private const int PageSize = 1000;
    private const int DocumentsPerDelete = 100;
    private static readonly string[] Fields = [PayloadFields.Document, PayloadFields.Generation];

    private readonly ProjectionSource _source;
    private readonly ProjectionBooks _books;
    private readonly QdrantClient _qdrant;
    private readonly ILogger<Reconciliation> _logger;
    private readonly Meter _meter = new("Rag.Index");
    private readonly Counter<long> _drift;
    private int _next;

    public Reconciliation(ProjectionSource source, ProjectionBooks books, QdrantClient qdrant, ILogger<Reconciliation> logger)
    {
        _source = source;
        _books = books;
        _qdrant = qdrant;
        _logger = logger;
        _drift = _meter.CreateCounter<long>("rag.index.drift", "{point}", "Points that differed from the books and were put right; 'kind' says how.");
    }

    /// <summary>
    /// Counts every collection's points, and looks at each point of those whose count is wrong, and of one more in turn: as many may be
    /// missing as are too many.
    /// </summary>
    public async Task RunAsync(IndexVersion version, CancellationToken cancellationToken)
    {
        var settled = await _source.SettledAsync(version, cancellationToken);
        _next = settled.Count == 0 ? 0 : (_next + 1) % settled.Count;
        for (var i = 0; i < settled.Count; i++)
        {
            var (collection, chunks) = settled[i];
            if (i == _next || await _qdrant.CountAsync(version.Name, QdrantFilter.OfCollection(collection), cancellationToken) != chunks)
            {
                await CompareAsync(version, collection, cancellationToken);
            }
        }
    }

    public void Dispose() => _meter.Dispose();

    private async Task CompareAsync(IndexVersion version, CollectionId collection, CancellationToken cancellationToken)
    {
        if (await _source.BookedAsync(version, collection, cancellationToken) is not { } booked)
        {
            // It is being written anew in this moment.
            return;
        }

        // Of changes that are still under way this finds some too; they are written a moment earlier then.
        if (await _source.DifferingAsync(version, collection, limit: 1, cancellationToken) is { Count: > 0 })
        {
            await _books.RequestAsync(version, collection, [], cancellationToken);
        }

        var held = await HeldAsync(version, collection, cancellationToken);
        var missing = booked.Where(b => held.GetValueOrDefault((b.Key, b.Value.Generation)) != b.Value.Chunks).Select(static b => b.Key).ToList();
        var strange = held.Where(h => !booked.TryGetValue(h.Key.Document, out var known) || known.Generation != h.Key.Generation).ToList();
        if (missing.Count > 0)
        {
            await _books.RequestAsync(version, collection, missing, cancellationToken);
            Count("missing", missing.Sum(d => (long)booked[d].Chunks - held.GetValueOrDefault((d, booked[d].Generation))));
        }

        if (strange.Count > 0)
        {
            var documents = strange.Select(static s => s.Key.Document).Distinct()
                .Select(d => (d, booked.TryGetValue(d, out var known) ? known.Generation : (long?)null));
            // A few at a time: after a restored snapshot it may be all of them, and a request has a size that Qdrant takes.
            foreach (var some in documents.Chunk(DocumentsPerDelete))
            {
                JsonObject filter = QdrantFilter.Outdated(collection, some);
                await _qdrant.DeleteAsync(version.Name, filter, cancellationToken);
            }

            Count("unknown", strange.Sum(static s => (long)s.Value));
        }

        if (missing.Count + strange.Count > 0)
        {
            LogDrift(collection, missing.Count, strange.Count);
        }
    }

    private async Task<Dictionary<(DocumentId Document, long Generation), int>> HeldAsync(IndexVersion version, CollectionId collection, CancellationToken cancellationToken)
    {
        var held = new Dictionary<(DocumentId, long), int>();
        string? from = null;
        do
        {
            var (payloads, next) = await _qdrant.ScrollAsync(version.Name, QdrantFilter.OfCollection(collection), from, PageSize, Fields, cancellationToken);
            foreach (var payload in payloads)
            {
                var key = (new DocumentId(payload.GetProperty(PayloadFields.Document).GetGuid()), payload.GetProperty(PayloadFields.Generation).GetInt64());
                held[key] = held.GetValueOrDefault(key) + 1;
            }

            from = next;
        }
        while (from is not null);

        return held;
    }

    private void Count(string kind, long points) => _drift.Add(points, new KeyValuePair<string, object?>("kind", kind));

    [LoggerMessage(3120, LogLevel.Warning, "The vector index differed from the database in collection {Collection}: {Missing} documents are written again, {Unknown} unknown generations were removed.")]
    private partial void LogDrift(CollectionId collection, int missing, int unknown);
}
