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
    private readonly IIndexReader _index;
    private readonly CandidateSearch _candidates;
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
        _candidates = new CandidateSearch(index, evidence);
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
        var plan = await PlanAsync(query, cancellationToken);
        var found = await _candidates.FindAsync(plan, cancellationToken);
        var stale = false;
        if (found.Head > found.Watermark)
        {
            // The database is ahead: what changed may be what is asked for. Once is enough, or a busy collection would never answer.
            stale = !await _index.WaitForAsync(query.Collection.Id, found.Head, _options.Value.StaleWait, cancellationToken);
            if (!stale)
            {
                // Anew: what has come may have been analysed in another way.
                plan = await PlanAsync(query, cancellationToken);
                found = await _candidates.FindAsync(plan, cancellationToken);
            }
        }

        if (plan.Mode != SearchMode.Lexical && !found.HasVectors)
        {
            plan = plan.With("Not all documents of this collection have vectors of the configured embedding model yet, so the search was by words only. Reprocess them.")
                with { Mode = SearchMode.Lexical };
        }

        var chunks = plan.Refines
            ? ProximityReranker.Rerank(plan.Terms, found.TermWeights, found.AverageLength, found.Chunks)
            : found.Chunks;
        var evidence = Present(plan, chunks);
        var result = new SearchResult
        {
            Query = query.Text,
            Evidence = evidence,
            Mode = plan.Mode,
            Stale = stale,
            Notice = plan.Notice,
            TermWeights = plan.Terms.Distinct.Zip(found.TermWeights).ToDictionary(static t => t.First.Hash, static t => t.Second),
            Total = Stopwatch.GetElapsedTime(started),
            Retrieve = found.Retrieve,
            Verify = found.Verify,
        };
        _telemetry.Searched(result);
        span?.SetTag("rag.search.mode", RetrievalTelemetry.Lower(plan.Mode)).SetTag("rag.search.hits", evidence.Count).SetTag("rag.search.stale", stale);
        return result;
    }

    private async Task<SearchPlan> PlanAsync(SearchQuery query, CancellationToken cancellationToken)
    {
        var analyzers = StoredAnalyzers.For(
            query.Collection.Settings.Language, await _index.AnalyzersAsync(query.Collection.Id, cancellationToken), Analyzers.Find);
        var refines = query.Rerank ?? _rerank.Value.Provider == RerankProvider.Lexical;
        var lexical = new SearchPlan(query, analyzers.Main, QueryTerms.Of(analyzers.Main, analyzers.Others, query.Text))
        {
            Mode = SearchMode.Lexical, Refines = refines, Notice = analyzers.Notice,
        };
        var asked = query.Mode ?? query.Collection.Settings.Retrieval.Mode;
        var mode = asked ?? _options.Value.Mode;
        if (mode == SearchMode.Lexical)
        {
            return lexical;
        }

        if (_embedder is null)
        {
            // Nobody asked for vectors in so many words: nothing to explain.
            return asked is null ? lexical : lexical.With("No embedding model is configured (Rag:Embedding:Provider), so the search was by words only.");
        }

        try
        {
            var vector = await _embedder.EmbedQueryAsync(query.Text, cancellationToken);
            return lexical with { Mode = mode, Vector = vector, Space = _embedder.Space, Refines = refines && mode == SearchMode.Hybrid };
        }
        catch (RagException)
        {
            return lexical.With("The embedding model did not answer, so the search was by words only.");
        }
    }

    private static List<Evidence> Present(SearchPlan plan, IReadOnlyList<VerifiedChunk> chunks)
    {
        var query = plan.Query;
        if (query.WithoutNearDuplicates || query.TokenBudget is not null)
        {
            chunks = NearDuplicates.Removed(chunks);
        }

        var evidence = new List<Evidence>();
        var tokens = 0;
        foreach (var chunk in chunks)
        {
            tokens += query.TokenBudget is null ? 0 : TokenEstimate.Count(chunk.Text);
            // The first passage always comes: a budget too small for it would otherwise hide that anything was found.
            if (evidence.Count == query.Limit || (tokens > query.TokenBudget && evidence.Count > 0))
            {
                break;
            }

            evidence.Add(chunk.ToEvidence(evidence.Count + 1, Highlighter.Find(plan.Terms, chunk.Terms.Value, chunk.Start)));
        }

        return evidence;
    }
}
