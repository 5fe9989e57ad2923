using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Rag.Core.Retrieval;

/// <summary>Spans and instruments of search, in one place.</summary>
internal sealed class RetrievalTelemetry : IDisposable
{
    /// <summary>Name of the source and of the meter.</summary>
    public const string Name = "Rag.Retrieval";

    // The standard buckets begin with 5 s, where nobody waits any more; these are those of HTTP requests.
    private static readonly InstrumentAdvice<double> Waiting = new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] };
    private static readonly InstrumentAdvice<long> Passages = new() { HistogramBucketBoundaries = [0, 1, 2, 3, 5, 8, 10, 20, 50, 100] };

    // A cosine is 1 at most, BM25 has no bound.
    private static readonly InstrumentAdvice<double> Scores = new() { HistogramBucketBoundaries = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 4, 8, 16, 32, 64] };

    private readonly Histogram<double> _duration;
    private readonly Histogram<long> _results;
    private readonly Counter<long> _empty;
    private readonly Histogram<double> _topScore;

    public RetrievalTelemetry()
    {
        _duration = Meter.CreateHistogram("rag.search.duration", "s", "Time of a search with its check against the database.", tags: null, Waiting);
        _results = Meter.CreateHistogram("rag.search.results", "{passage}", "Passages that a search found.", tags: null, Passages);
        _empty = Meter.CreateCounter<long>("rag.search.empty", "{search}", "Searches that found nothing.");
        _topScore = Meter.CreateHistogram("rag.search.top_score", unit: null, "Best score of a stage among the passages that a search found.", tags: null, Scores);
    }

    public ActivitySource Source { get; } = new(Name);

    public Meter Meter { get; } = new(Name);

    public void Searched(SearchResult result)
    {
        var mode = new KeyValuePair<string, object?>("rag.search.mode", Lower(result.Mode));
        _duration.Record(result.Total.TotalSeconds, mode, new("rag.search.stale", result.Stale));
        _results.Record(result.Evidence.Count, mode);
        _empty.Add(result.Evidence.Count == 0 ? 1 : 0, mode);
        Best("lexical", result.Evidence.Max(static evidence => evidence.Scores.Lexical));
        Best("dense", result.Evidence.Max(static evidence => evidence.Scores.Dense));
    }

    /// <summary>The mode as the HTTP contract spells it.</summary>
    public static string Lower(SearchMode mode) => mode switch
    {
        SearchMode.Lexical => "lexical",
        SearchMode.Dense => "dense",
        _ => "hybrid",
    };

    public void Dispose()
    {
        Source.Dispose();
        Meter.Dispose();
    }

    private void Best(string stage, double? score)
    {
        if (score is { } best)
        {
            _topScore.Record(best, new KeyValuePair<string, object?>("rag.search.stage", stage));
        }
    }
}
