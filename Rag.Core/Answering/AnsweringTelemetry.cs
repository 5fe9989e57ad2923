using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Rag.Core.Answering;

/// <summary>Spans and instruments of answering, in one place.</summary>
internal sealed class AnsweringTelemetry : IDisposable
{
    /// <summary>Name of the source and of the meter.</summary>
    public const string Name = "Rag.Answering";

    private readonly Histogram<double> _firstToken;

    public AnsweringTelemetry()
    {
        _firstToken = Meter.CreateHistogram<double>("rag.ask.first_token.duration", "s", "From the question to the first text of its answer.");
    }

    public ActivitySource Source { get; } = new(Name);

    public Meter Meter { get; } = new(Name);

    public void FirstText(TimeSpan duration, string answerer) => _firstToken.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("rag.answerer", answerer));

    public void Dispose()
    {
        Source.Dispose();
        Meter.Dispose();
    }
}
