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

    // Candidates that are checked at once after the first ones did not suffice.
    private const int MinRefill = 100;

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

        var known = first.Chunks.ToDictionary(static c => c.Candidate.Hit.Chunk, static c => (VerifiedChunk?)c);
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
        SearchPlan plan, IReadOnlyList<TermWeight> terms, Dictionary<Documents.ChunkId, VerifiedChunk?> known, int wanted, CancellationToken cancellationToken)
    {
        var (retrieve, verify) = (TimeSpan.Zero, TimeSpan.Zero);
        for (var depth = Math.Max(Depth, wanted); ; depth = Math.Min(depth * 4, MaxDepth))
        {
            var since = Stopwatch.GetTimestamp();
            var hits = await index.SearchAsync(
                new IndexQuery
                {
                    Collection = plan.Query.Collection.Id,
                    Terms = terms,
                    Vector = plan.Vector,
                    PrefersDense = plan.Mode == SearchMode.Dense,
                    Filter = plan.Query.Filter,
                    Depth = depth,
                },
                cancellationToken);
            var candidates = Bounded(Ordered(plan, hits), plan.Query.PassagesPerDocument);
            retrieve += Stopwatch.GetElapsedTime(since);

            since = Stopwatch.GetTimestamp();
            var (chunks, head) = await VerifyAsync(plan, candidates, known, wanted, cancellationToken);
            verify += Stopwatch.GetElapsedTime(since);
            var isExhausted = hits.Fused is { } fused ? fused.Count < depth : hits.Lexical.Count < depth && (hits.Dense?.Count ?? 0) < depth;
            if (chunks.Count >= wanted || isExhausted || depth >= MaxDepth)
            {
                return new Findings(chunks, hits.TermWeights, hits.AverageLength, hits.Watermark, head, hits.Dense is not null, retrieve, verify);
            }
        }
    }

    /// <summary>The first survivors in their order. What this search has checked a moment ago is not asked for again.</summary>
    /// <param name="plan">The search.</param>
    /// <param name="candidates">Best first.</param>
    /// <param name="known">What was checked before, null for what did not survive; what is checked now is added.</param>
    /// <param name="wanted">How many survivors are enough.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async Task<(List<VerifiedChunk> Chunks, long Head)> VerifyAsync(
        SearchPlan plan, List<Candidate> candidates, Dictionary<Documents.ChunkId, VerifiedChunk?> known, int wanted, CancellationToken cancellationToken)
    {
        var chunks = new List<VerifiedChunk>();
        var head = 0L;
        var next = 0;
        do
        {
            // Nearly always the first wanted ones survive. Where they do not, many have gone, and one by one would be slow.
            var count = next == 0 ? wanted : Math.Max(wanted - chunks.Count, MinRefill);
            var batch = candidates.GetRange(next, Math.Min(count, candidates.Count - next));
            var isFirst = next == 0;
            next += batch.Count;
            var unknown = batch.FindAll(c => !known.ContainsKey(c.Hit.Chunk));
            if (isFirst || unknown.Count > 0)
            {
                var (survivors, seen) = await evidence.ReadAsync(plan.Query.Collection.Id, unknown, plan.Query.Filter, plan.Analyzer, cancellationToken);
                head = Math.Max(head, seen);
                unknown.ForEach(c => known[c.Hit.Chunk] = null);
                survivors.ForEach(c => known[c.Candidate.Hit.Chunk] = c);
            }

            foreach (var candidate in batch)
            {
                if (known[candidate.Hit.Chunk] is { } chunk && chunks.Count < wanted)
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
        _ when hits.Fused is { } fused => [.. fused.Select(static h => new Candidate(h) { Fused = h.Score })],
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

    /// <summary>The same plan with one more thing to tell.</summary>
    public SearchPlan With(string notice) => this with { Notice = Notice is null ? notice : $"{Notice} {notice}" };
}

/// <summary>Checked candidates, best first, and what they were found with.</summary>
/// <param name="Chunks">The survivors.</param>
/// <param name="TermWeights">Inverse document frequencies of the query's distinct terms.</param>
/// <param name="AverageLength">Mean length of the collection's chunks in terms.</param>
/// <param name="Watermark">The change that the index had applied.</param>
/// <param name="Head">The last change that the database has.</param>
/// <param name="HasVectors">Whether every chunk of the collection has a vector in the current space.</param>
/// <param name="Retrieve">Time in the index.</param>
/// <param name="Verify">Time in the database.</param>
internal sealed record Findings(
    List<VerifiedChunk> Chunks, IReadOnlyList<double> TermWeights, double AverageLength, long Watermark, long Head, bool HasVectors, TimeSpan Retrieve, TimeSpan Verify);
