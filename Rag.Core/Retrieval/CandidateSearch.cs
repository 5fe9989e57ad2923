using System.Diagnostics;
using System.Runtime.InteropServices;
using Rag.Core.Embedding;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Retrieval;

/// <summary>Gets candidates from the index and has them checked, deeper until there are enough or no more.</summary>
internal sealed class CandidateSearch(IIndexReader index, EvidenceReader evidence)
{
    // Each retriever's candidates; more only where the check leaves too few.
    private const int Depth = 100;
    private const int MaxDepth = 20_000;

    // A local embedder sees words only and adds little to them; its similarities begin at 0. The one measured: 0.2 was best over the
    // English collections. A model's similarities lie close together far from 0, so that their own spread is the scale.
    private const double LocalDenseWeight = 0.2;
    private const double ModelDenseWeight = 1;

    /// <summary>One search, with the query expanded from its first results where the plan says so.</summary>
    public async Task<Findings> FindAsync(SearchPlan plan, CancellationToken cancellationToken)
    {
        var first = await CollectAsync(plan, plan.Terms.Distinct, [], plan.Refines ? ProximityReranker.Window : plan.Query.Limit, cancellationToken);
        if (!plan.Refines || first.Chunks.Count == 0)
        {
            return first;
        }

        var words = QueryExpansion.WordsOf(plan.Analyzer, first.Chunks);
        var weights = await index.TermWeightsAsync(plan.Query.Collection.Id, words, cancellationToken);
        var expanded = QueryExpansion.Expand(plan.Terms.Distinct, first.TermWeights, words, weights);
        var wanted = Math.Max(plan.Query.Limit, ProximityReranker.Window);
        if (ReferenceEquals(expanded, plan.Terms.Distinct) && (first.Chunks.Count >= wanted || first.Chunks.Count < ProximityReranker.Window))
        {
            return first;
        }

        var known = first.Chunks.ToDictionary(static c => c.Candidate.Hit.Chunk);
        var second = await CollectAsync(plan, expanded, known, wanted, cancellationToken);
        return second with
        {
            // The question's own words are what a reranker and an answer go by.
            TermWeights = first.TermWeights,
            Head = Math.Max(first.Head, second.Head),
            Retrieve = first.Retrieve + second.Retrieve,
            Verify = first.Verify + second.Verify,
        };
    }

    private async Task<Findings> CollectAsync(
        SearchPlan plan, IReadOnlyList<TermWeight> terms, Dictionary<Documents.ChunkId, VerifiedChunk> known, int wanted, CancellationToken cancellationToken)
    {
        var (retrieve, verify) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var depth = Math.Max(Depth, wanted); ; depth = Math.Min(depth * 4, MaxDepth))
        {
            var since = Stopwatch.GetTimestamp();
            var hits = await index.SearchAsync(
                new IndexQuery { Collection = plan.Query.Collection.Id, Terms = terms, Vector = plan.Vector, Filter = plan.Query.Filter, Depth = depth },
                cancellationToken);
            var candidates = Bounded(Ordered(plan, hits), plan.Query.PassagesPerDocument);
            retrieve += Stopwatch.GetElapsedTime(since);

            since = Stopwatch.GetTimestamp();
            var (chunks, head) = await VerifyAsync(plan, candidates, known, wanted, cancellationToken);
            verify += Stopwatch.GetElapsedTime(since);
            var isExhausted = hits.Lexical.Count < depth && (hits.Dense?.Count ?? 0) < depth;
            if (chunks.Count >= wanted || isExhausted || depth >= MaxDepth)
            {
                return new Findings(chunks, hits.TermWeights, hits.AverageLength, hits.Watermark, head, hits.Dense is not null, retrieve, verify);
            }
        }
    }

    /// <summary>The first survivors in their order. What this search has checked a moment ago is not asked for again.</summary>
    private async Task<(List<VerifiedChunk> Chunks, long Head)> VerifyAsync(
        SearchPlan plan, List<Candidate> candidates, Dictionary<Documents.ChunkId, VerifiedChunk> known, int wanted, CancellationToken cancellationToken)
    {
        var chunks = new List<VerifiedChunk>();
        var head = 0L;
        var next = 0;
        do
        {
            var batch = candidates.GetRange(next, Math.Min(wanted - chunks.Count, candidates.Count - next));
            next += batch.Count;
            var unknown = batch.FindAll(c => !known.ContainsKey(c.Hit.Chunk));
            var (survivors, seen) = await evidence.ReadAsync(plan.Query.Collection.Id, unknown, plan.Query.Filter, plan.Analyzer, cancellationToken);
            head = Math.Max(head, seen);
            var read = survivors.ToDictionary(static c => c.Candidate.Hit.Chunk);
            foreach (var candidate in batch)
            {
                if (read.TryGetValue(candidate.Hit.Chunk, out var chunk) || known.TryGetValue(candidate.Hit.Chunk, out chunk))
                {
                    chunks.Add(chunk with { Candidate = candidate });
                }
            }
        }
        while (chunks.Count < wanted && next < candidates.Count);

        return (chunks, head);
    }

    // Before the check, so that the places it frees are filled.
    private static List<Candidate> Bounded(List<Candidate> candidates, int? perDocument)
    {
        if (perDocument is null)
        {
            return candidates;
        }

        var taken = new Dictionary<Guid, int>();
        return candidates.FindAll(c => (CollectionsMarshal.GetValueRefOrAddDefault(taken, c.Hit.Document.Value, out _) += 1) <= perDocument);
    }

    private static List<Candidate> Ordered(SearchPlan plan, IndexHits hits) => (plan.Mode, hits.Dense) switch
    {
        (SearchMode.Hybrid, { } dense) when plan.Space?.Provider == LocalEmbedder.Provider => RankFusion.Fuse(hits.Lexical, dense, LocalDenseWeight, denseFloor: 0),
        (SearchMode.Hybrid, { } dense) => RankFusion.Fuse(hits.Lexical, dense, ModelDenseWeight, denseFloor: null),
        (SearchMode.Dense, { } dense) => [.. dense.Select(static h => new Candidate(h) { Dense = h.Score })],
        _ => [.. hits.Lexical.Select(static h => new Candidate(h) { Lexical = h.Score })],
    };
}

/// <summary>What one search does, decided before it begins.</summary>
internal sealed record SearchPlan(SearchQuery Query, IAnalyzer Analyzer, QueryTerms Terms)
{
    public required SearchMode Mode { get; init; }

    public ReadOnlyMemory<float>? Vector { get; init; }

    /// <summary>The space of <see cref="Vector"/>.</summary>
    public EmbeddingSpace? Space { get; init; }

    /// <summary>Whether the query is expanded and the order refined; only where words are searched at all.</summary>
    public bool Refines { get; init; }

    public string? Notice { get; init; }
}

/// <summary>Checked candidates, best first, and what they were found with.</summary>
/// <param name="Chunks">The survivors.</param>
/// <param name="TermWeights">Inverse document frequencies of the query's distinct terms.</param>
/// <param name="AverageLength">Mean length of the collection's chunks in terms.</param>
/// <param name="Watermark">The change that the index had applied.</param>
/// <param name="Head">The last change that the database has.</param>
/// <param name="HasVectors">Whether the collection has vectors in the current space.</param>
/// <param name="Retrieve">Time in the index.</param>
/// <param name="Verify">Time in the database.</param>
internal sealed record Findings(
    List<VerifiedChunk> Chunks, IReadOnlyList<double> TermWeights, double AverageLength, long Watermark, long Head, bool HasVectors, TimeSpan Retrieve, TimeSpan Verify);
