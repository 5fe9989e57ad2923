using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Rag.Core.Retrieval;

/// <summary>Spans and instruments of search, in one place.</summary>
internal sealed class RetrievalTelemetry : IDisposable
{
    /// <summary>Name of the source and of the meter.</summary>
    public const string Name = "Rag.Retrieval";

    private readonly Histogram<double> _duration;

    public RetrievalTelemetry()
    {
        _duration = Meter.CreateHistogram<double>("rag.search.duration", "s", "Time of a search with its check against the database.");
    }

    public ActivitySource Source { get; } = new(Name);

    public Meter Meter { get; } = new(Name);

    public void Searched(TimeSpan duration, SearchMode mode, bool isStale) =>
        _duration.Record(duration.TotalSeconds, new("rag.search.mode", Lower(mode)), new("rag.search.stale", isStale));

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
}
