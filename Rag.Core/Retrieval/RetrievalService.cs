using System.Diagnostics;
using Microsoft.Extensions.Options;
using Rag.Core.Chunking;
using Rag.Core.Embedding;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Retrieval;

/// <summary>Finds the passages that may answer a query. Thread-safe.</summary>
public sealed class RetrievalService
{
    // Each retriever's candidates; more only where checks against the database leave too few.
    private const int Depth = 100;
    private const int MaxDepth = 20_000;

    // What the reranker sees at least.
    private const int RerankWindow = 50;

    private readonly IIndexReader _index;
    private readonly EvidenceReader _evidence;
    private readonly RetrievalTelemetry _telemetry;
    private readonly IOptions<IndexOptions> _options;
    private readonly IOptions<RerankOptions> _rerank;
    private readonly IEmbedder? _embedder;

    internal RetrievalService(
        IIndexReader index,
        EvidenceReader evidence,
        RetrievalTelemetry telemetry,
        IOptions<IndexOptions> options,
        IOptions<RerankOptions> rerank,
        IEmbedder? embedder)
    {
        _index = index;
        _evidence = evidence;
        _telemetry = telemetry;
        _options = options;
        _rerank = rerank;
        _embedder = embedder;
    }

    /// <summary>Searches one collection; the result is empty when nothing matches.</summary>
    /// <exception cref="RagException"><c>storage-away</c> or <c>index-away</c> (both transient).</exception>
    public async Task<SearchResult> SearchAsync(SearchQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        using var span = _telemetry.Source.StartActivity("search");
        var started = Stopwatch.GetTimestamp();
        var clock = new StageClock();
        var analyzer = Analyzers.ForLanguage(query.Collection.Settings.Language);
        var terms = QueryTerms.Of(analyzer, query.Text);
        var (mode, vector, notice) = await PlanAsync(query, cancellationToken);

        var found = await FindAsync(query, mode, terms, vector, clock, cancellationToken);
        var stale = false;
        if (found.Head > found.Watermark)
        {
            if (await _index.WaitForAsync(query.Collection.Id, found.Head, _options.Value.StaleWait, cancellationToken))
            {
                found = await FindAsync(query, mode, terms, vector, clock, cancellationToken);
            }
            else
            {
                stale = true;
            }
        }

        if (mode != SearchMode.Lexical && !found.HasVectors)
        {
            mode = SearchMode.Lexical;
            notice = "This collection has no vectors of the configured embedding model yet, so the search was by words only. Reprocess its documents.";
        }

        var chunks = found.Chunks;
        if (UsesReranker(query))
        {
            chunks = LexicalReranker.Rerank(analyzer, terms, found.TermWeights, chunks);
        }

        var evidence = Present(query, analyzer, terms, chunks);
        var result = new SearchResult
        {
            Evidence = evidence,
            Mode = mode,
            Stale = stale,
            Notice = notice,
            TermWeights = terms.Distinct.Zip(found.TermWeights).ToDictionary(static t => t.First.Hash, static t => t.Second),
            Total = Stopwatch.GetElapsedTime(started),
            Retrieve = clock.Retrieve,
            Verify = clock.Verify,
        };
        _telemetry.Searched(result.Total, mode, stale);
        span?.SetTag("rag.search.mode", RetrievalTelemetry.Lower(mode)).SetTag("rag.search.hits", evidence.Count).SetTag("rag.search.stale", stale);
        return result;
    }

    private bool UsesReranker(SearchQuery query) => query.Rerank ?? _rerank.Value.Provider == RerankProvider.Lexical;

    private async Task<(SearchMode Mode, ReadOnlyMemory<float>? Vector, string? Notice)> PlanAsync(SearchQuery query, CancellationToken cancellationToken)
    {
        var asked = query.Mode ?? query.Collection.Settings.Retrieval.Mode;
        var mode = asked ?? _options.Value.Mode;
        if (mode == SearchMode.Lexical)
        {
            return (mode, null, null);
        }

        if (_embedder is null)
        {
            // Nobody asked for vectors in so many words: nothing to explain.
            var notice = asked is null ? null : "No embedding model is configured (Rag:Embedding:Provider), so the search was by words only.";
            return (SearchMode.Lexical, null, notice);
        }

        try
        {
            return (mode, await _embedder.EmbedQueryAsync(query.Text, cancellationToken), null);
        }
        catch (RagException e) when (e.IsTransient)
        {
            return (SearchMode.Lexical, null, "The embedding model did not answer, so the search was by words only.");
        }
    }

    /// <summary>Candidates checked against the database, fetched deeper until there are enough or no more.</summary>
    private async Task<Findings> FindAsync(
        SearchQuery query, SearchMode mode, QueryTerms terms, ReadOnlyMemory<float>? vector, StageClock clock, CancellationToken cancellationToken)
    {
        var wanted = UsesReranker(query) ? Math.Max(query.Limit, RerankWindow) : query.Limit;
        for (var depth = Math.Max(Depth, wanted); ; depth = Math.Min(depth * 4, MaxDepth))
        {
            var since = Stopwatch.GetTimestamp();
            var hits = await _index.SearchAsync(
                new IndexQuery
                {
                    Collection = query.Collection.Id,
                    Terms = terms.Distinct,
                    Vector = vector,
                    Filter = query.Filter,
                    Depth = depth,
                },
                cancellationToken);
            var candidates = Ordered(mode, hits);
            clock.Retrieve += Stopwatch.GetElapsedTime(since);

            since = Stopwatch.GetTimestamp();
            var chunks = new List<VerifiedChunk>();
            var head = 0L;
            var next = 0;
            do
            {
                var batch = candidates.GetRange(next, Math.Min(wanted - chunks.Count, candidates.Count - next));
                var (survivors, seen) = await _evidence.ReadAsync(query.Collection.Id, batch, query.Filter, cancellationToken);
                next += batch.Count;
                chunks.AddRange(survivors);
                head = Math.Max(head, seen);
            }
            while (chunks.Count < wanted && next < candidates.Count);

            clock.Verify += Stopwatch.GetElapsedTime(since);
            var isExhausted = hits.Lexical.Count < depth && (hits.Dense?.Count ?? 0) < depth;
            if (chunks.Count >= wanted || isExhausted || depth >= MaxDepth)
            {
                return new Findings(chunks, hits.TermWeights, hits.Watermark, head, hits.Dense is not null);
            }
        }
    }

    private static List<Candidate> Ordered(SearchMode mode, IndexHits hits) => (mode, hits.Dense) switch
    {
        (SearchMode.Hybrid, { } dense) => RankFusion.Fuse(hits.Lexical, dense),
        (SearchMode.Dense, { } dense) => [.. dense.Select(static h => new Candidate(h) { Dense = h.Score })],
        _ => [.. hits.Lexical.Select(static h => new Candidate(h) { Lexical = h.Score })],
    };

    private static List<Evidence> Present(SearchQuery query, IAnalyzer analyzer, QueryTerms terms, IReadOnlyList<VerifiedChunk> chunks)
    {
        if (query.WithoutNearDuplicates || query.TokenBudget is not null)
        {
            chunks = NearDuplicates.Removed(analyzer, chunks);
        }

        var evidence = new List<Evidence>();
        var tokens = 0;
        foreach (var chunk in chunks)
        {
            tokens += TokenEstimate.Count(chunk.Text);
            // The first passage always comes: a budget too small for it would otherwise hide that anything was found.
            if (evidence.Count == query.Limit || (tokens > query.TokenBudget && evidence.Count > 0))
            {
                break;
            }

            evidence.Add(chunk.ToEvidence(evidence.Count + 1, Highlighter.Find(analyzer, terms, chunk.Text, chunk.Start)));
        }

        return evidence;
    }

    private sealed record Findings(List<VerifiedChunk> Chunks, IReadOnlyList<double> TermWeights, long Watermark, long Head, bool HasVectors);

    private sealed class StageClock
    {
        public TimeSpan Retrieve { get; set; }

        public TimeSpan Verify { get; set; }
    }
}
