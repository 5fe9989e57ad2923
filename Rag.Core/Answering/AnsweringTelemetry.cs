using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Rag.Core.Answering;

/// <summary>Spans and instruments of answering, in one place.</summary>
internal sealed class AnsweringTelemetry : IDisposable
{
    /// <summary>Name of the source and of the meter.</summary>
    public const string Name = "Rag.Answering";

    // Extractive answers begin within a second, those of a model may take half a minute; the standard buckets are for neither.
    private static readonly InstrumentAdvice<double> Waiting = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60] };

    // As OpenTelemetry's conventions for generative AI have them (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/).
    private static readonly InstrumentAdvice<long> Tokens = new() { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576] };

    private readonly Histogram<double> _firstToken;
    private readonly Counter<long> _answers;
    private readonly Histogram<long> _tokens;

    public AnsweringTelemetry()
    {
        _firstToken = Meter.CreateHistogram("rag.ask.first_token.duration", "s", "From the question to the first text of its answer.", tags: null, Waiting);
        _answers = Meter.CreateCounter<long>("rag.ask.answers", "{answer}", "Questions by what became of them.");
        _tokens = Meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Tokens of one answer as the model counted them.", tags: null, Tokens);
    }

    public ActivitySource Source { get; } = new(Name);

    public Meter Meter { get; } = new(Name);

    public void FirstText(TimeSpan duration, string answerer) => _firstToken.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("rag.answerer", answerer));

    /// <summary>A question got its answer: one of the configured answerer, one of another in its place, or none in the documents.</summary>
    public void Answered(AnswerEvent.Done done, string answerer)
    {
        Count(answerer, done switch { { AnswerFound: false } => "not_found", { Notice: not null } => "fallback", _ => "answered" });
        if (done.Usage is { } usage)
        {
            Count(usage.InputTokens, "input", done.Model);
            Count(usage.OutputTokens, "output", done.Model);
        }
    }

    /// <summary>A question got an error.</summary>
    public void Failed(string answerer) => Count(answerer, "failed");

    public void Dispose()
    {
        Source.Dispose();
        Meter.Dispose();
    }

    private void Count(string answerer, string outcome) => _answers.Add(1, new("rag.answerer", answerer), new("outcome", outcome));

    private void Count(long tokens, string type, string model) => _tokens.Record(
        tokens, new("gen_ai.operation.name", "chat"), new("gen_ai.provider.name", "openai"), new("gen_ai.request.model", model), new("gen_ai.token.type", type));
}
