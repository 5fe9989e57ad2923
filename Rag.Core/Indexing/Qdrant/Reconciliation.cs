using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Rag.Core.Documents;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Compares what Qdrant holds with what the books say, and puts right what differs. Nothing should: this is for a restored snapshot, a lost
/// disk, somebody else's hands. Runs where the projector runs, a few requests between its rounds, so that nothing waits for it.
/// </summary>
internal sealed partial class Reconciliation : IDisposable
{
    private const int PageSize = 1000;
    private const int RequestsPerStep = 5;
    private const int DocumentsPerDelete = 100;
    private static readonly string[] Fields = [PayloadFields.Document, PayloadFields.Generation, PayloadFields.Metadata];
    private static readonly string[] CollectionField = [PayloadFields.Collection];

    private readonly ProjectionSource _source;
    private readonly ProjectionBooks _books;
    private readonly ProjectionFence _fence;
    private readonly QdrantClient _qdrant;
    private readonly ILogger<Reconciliation> _logger;
    private readonly Meter _meter = new("Rag.Index");
    private readonly Counter<long> _drift;
    private int _turn;
    private Pass? _pass;

    public Reconciliation(ProjectionSource source, ProjectionBooks books, ProjectionFence fence, QdrantClient qdrant, ILogger<Reconciliation> logger)
    {
        _source = source;
        _books = books;
        _fence = fence;
        _qdrant = qdrant;
        _logger = logger;
        _drift = _meter.CreateCounter<long>("rag.index.drift", "{point}", "Points that differed from the books and were put right; 'kind' says how.");
        // The first difference would not be seen to have grown from nothing.
        foreach (var kind in (string[])["missing", "unknown"])
        {
            _drift.Add(0, new KeyValuePair<string, object?>("kind", kind));
        }
    }

    /// <summary>Whether a pass is not at its end.</summary>
    public bool IsUnderWay => _pass is not null;

    /// <summary>
    /// Some more of a pass: it counts every collection's points, and looks at each point of those whose count is wrong, and of one more in
    /// turn, because as many may be missing as are too many. In the end it looks for points of collections that are in no book.
    /// </summary>
    /// <returns>Whether there is more.</returns>
    public async Task<bool> StepAsync(IndexVersion version, CancellationToken cancellationToken)
    {
        if (_pass?.Version != version.Id)
        {
            if (version.IsActive)
            {
                // Whoever waits for what the version has already was overtaken, or somebody's hands were at it.
                await _fence.RunAsync(version, (connection, token) => WaitingForIndex.SettleAsync(connection, version, null, token), cancellationToken);
            }

            var settled = await _source.SettledAsync(version, cancellationToken);
            _turn = settled.Count == 0 ? 0 : (_turn + 1) % settled.Count;
            _pass = new Pass(version.Id, settled);
        }

        for (var requests = 0; requests < RequestsPerStep; requests++)
        {
            if (_pass.Scan is { } scan)
            {
                await ReadPageAsync(version, scan, cancellationToken);
                if (scan.From is null)
                {
                    await JudgeAsync(version, scan, cancellationToken);
                    _pass.Scan = null;
                }
            }
            else if (_pass.Next < _pass.Collections.Count)
            {
                await BeginAsync(version, _pass, cancellationToken);
            }
            else
            {
                await RemoveStrangersAsync(version, cancellationToken);
                _pass = null;
                return false;
            }
        }

        return true;
    }

    /// <summary>Ends a pass that cannot go on; the next one begins anew.</summary>
    public void GiveUp() => _pass = null;

    public void Dispose() => _meter.Dispose();

    private async Task BeginAsync(IndexVersion version, Pass pass, CancellationToken cancellationToken)
    {
        var collection = pass.Collections[pass.Next];
        if (await _source.BookedAsync(version, collection, cancellationToken) is { } booked)
        {
            var held = await _qdrant.CountAsync(version.Name, QdrantFilter.OfCollection(collection), cancellationToken);
            if (pass.Next == _turn || held != booked.Values.Sum(static b => (long)b.Chunks))
            {
                // Of changes that are still under way this finds some too; they are written a moment earlier then.
                if (await _source.DiffersAsync(version, collection, cancellationToken))
                {
                    await _books.RequestAsync(version, collection, [], cancellationToken);
                }

                pass.Scan = new Scan(collection, booked);
            }
        }

        // Else it is being written anew in this moment.
        pass.Next++;
    }

    private async Task ReadPageAsync(IndexVersion version, Scan scan, CancellationToken cancellationToken)
    {
        var (payloads, next) = await _qdrant.ScrollAsync(version.Name, QdrantFilter.OfCollection(scan.Collection), scan.From, PageSize, Fields, cancellationToken);
        foreach (var payload in payloads)
        {
            var key = KeyOf(payload);
            scan.Held[key] = scan.Held.GetValueOrDefault(key) + 1;
        }

        scan.From = next;
    }

    // What somebody else wrote may lack anything; then it is of a document that is in no book, and goes.
    private static (DocumentId Document, long Generation, Guid? Metadata) KeyOf(JsonElement payload) => (
        new DocumentId(payload.TryGetProperty(PayloadFields.Document, out var document) && document.ValueKind == JsonValueKind.String && document.TryGetGuid(out var id) ? id : Guid.Empty),
        payload.TryGetProperty(PayloadFields.Generation, out var generation) && generation.ValueKind == JsonValueKind.Number && generation.TryGetInt64(out var number) ? number : -1,
        payload.TryGetProperty(PayloadFields.Metadata, out var digest) && digest.ValueKind == JsonValueKind.String && digest.TryGetGuid(out var revision) ? revision : null);

    // The projector may have written between two pages: what it booked since then is not missing, and what it removed is not unknown.
    private async Task JudgeAsync(IndexVersion version, Scan scan, CancellationToken cancellationToken)
    {
        if (await _source.BookedAsync(version, scan.Collection, cancellationToken) is not { } booked)
        {
            return;
        }

        var all = scan.Held.GroupBy(static h => (h.Key.Document, h.Key.Generation), static h => h.Value).ToDictionary(static g => g.Key, static g => g.Sum());
        var differing = booked
            .Where(b => scan.Booked.TryGetValue(b.Key, out var before) && before == b.Value)
            .Select(b => (Document: b.Key, b.Value.Generation, Missing: b.Value.Chunks - scan.Held.GetValueOrDefault((b.Key, b.Value.Generation, b.Value.Metadata)),
                Surplus: all.GetValueOrDefault((b.Key, b.Value.Generation)) - b.Value.Chunks))
            .Where(static d => d.Missing != 0 || d.Surplus > 0)
            .ToList();
        var strange = all.Where(h => !Holds(booked, h.Key.Document, h.Key.Generation) && !Holds(scan.Booked, h.Key.Document, h.Key.Generation)).ToList();
        // Copies under ids of somebody else's would outlive that the document is written again: all of its points go first.
        var surplus = differing.FindAll(static d => d.Surplus > 0);

        // A few at a time: after a restored snapshot it may be all of them, and a request has a size that Qdrant takes. These generations
        // and no others: nothing that somebody wrote since.
        foreach (var some in strange.Select(static s => s.Key).Concat(surplus.Select(static s => (s.Document, s.Generation))).Chunk(DocumentsPerDelete))
        {
            await _fence.RunAsync(version, token => _qdrant.DeleteAsync(version.Name, QdrantFilter.OfGenerations(scan.Collection, some), token), cancellationToken);
        }

        if (differing.Count > 0)
        {
            await _books.RequestAsync(version, scan.Collection, differing.Select(static d => d.Document), cancellationToken);
        }

        Count("missing", differing.Sum(static d => (long)Math.Max(0, d.Missing)));
        Count("unknown", strange.Sum(static s => (long)s.Value) + surplus.Sum(static s => (long)s.Surplus));
        if (differing.Count + strange.Count > 0)
        {
            LogDrift(scan.Collection, differing.Count, strange.Count + surplus.Count);
        }
    }

    private async Task RemoveStrangersAsync(IndexVersion version, CancellationToken cancellationToken)
    {
        var known = await _source.HeldAsync(version, cancellationToken);
        if (await _qdrant.CountAsync(version.Name, [], cancellationToken) == known.Values.Sum())
        {
            return;
        }

        var (payloads, _) = await _qdrant.ScrollAsync(version.Name, QdrantFilter.OfOthers(known.Keys), null, PageSize, CollectionField, cancellationToken);
        var owners = payloads.Select(CollectionOf).Distinct().ToList();
        if (owners.Contains(null))
        {
            // Somebody's hands: points that say of no collection that they are its. All strangers go then, as those cannot be told apart.
            var all = await _qdrant.CountAsync(version.Name, QdrantFilter.OfOthers(known.Keys), cancellationToken);
            await _fence.RunAsync(version, token => _qdrant.DeleteAsync(version.Name, QdrantFilter.OfOthers(known.Keys), token), cancellationToken);
            Count("unknown", all);
            LogUnowned(all);
            return;
        }

        foreach (var collection in owners.OfType<CollectionId>())
        {
            var points = await _qdrant.CountAsync(version.Name, QdrantFilter.OfCollection(collection), cancellationToken);
            await _fence.RunAsync(version, token => _qdrant.DeleteAsync(version.Name, QdrantFilter.OfCollection(collection), token), cancellationToken);
            Count("unknown", points);
            LogStranger(collection, points);
        }
    }

    private static CollectionId? CollectionOf(JsonElement payload) =>
        payload.TryGetProperty(PayloadFields.Collection, out var owner) && owner.ValueKind == JsonValueKind.String && owner.TryGetGuid(out var id) ? new CollectionId(id) : null;

    private static bool Holds(Dictionary<DocumentId, BookedDocument> booked, DocumentId document, long generation) =>
        booked.TryGetValue(document, out var known) && known.Generation == generation;

    private void Count(string kind, long points)
    {
        if (points != 0)
        {
            _drift.Add(points, new KeyValuePair<string, object?>("kind", kind));
        }
    }

    [LoggerMessage(3120, LogLevel.Warning, "The vector index differed from the database in collection {Collection}: {Missing} documents are written again, points of {Unknown} generations were removed.")]
    private partial void LogDrift(CollectionId collection, int missing, int unknown);

    [LoggerMessage(3121, LogLevel.Warning, "The vector index had {Points} points of collection {Collection}, which is not in the database; they were removed.")]
    private partial void LogStranger(CollectionId collection, long points);

    [LoggerMessage(3122, LogLevel.Warning, "The vector index had {Points} points of collections that are not in the database, or of none; they were removed.")]
    private partial void LogUnowned(long points);

    private sealed class Pass(int version, List<CollectionId> collections)
    {
        public int Version { get; } = version;

        public List<CollectionId> Collections { get; } = collections;

        public int Next { get; set; }

        public Scan? Scan { get; set; }
    }

    private sealed class Scan(CollectionId collection, Dictionary<DocumentId, BookedDocument> booked)
    {
        public CollectionId Collection { get; } = collection;

        /// <summary>By the books, before the first page.</summary>
        public Dictionary<DocumentId, BookedDocument> Booked { get; } = booked;

        /// <summary>Points, as they were met.</summary>
        public Dictionary<(DocumentId Document, long Generation, Guid? Metadata), int> Held { get; } = [];

        public string? From { get; set; }
    }
}
