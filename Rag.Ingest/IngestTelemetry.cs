using System.Diagnostics;
using System.Diagnostics.Metrics;
using Rag.Core.Jobs;

namespace Rag.Ingest;

/// <summary>Spans and instruments of the worker. Tags never hold ids or text of documents, except a span's own document id.</summary>
internal sealed class IngestTelemetry : IDisposable
{
    public const string Name = "Rag.Ingest";

    // A short text takes milliseconds, a large PDF minutes.
    private static readonly InstrumentAdvice<double> Stages = new() { HistogramBucketBoundaries = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900] };

    private readonly ActivitySource _source = new(Name);
    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _stageDuration;
    private readonly Counter<long> _finished;
    private WholeState? _whole;

    public IngestTelemetry()
    {
        _stageDuration = _meter.CreateHistogram("rag.ingest.stage.duration", "s", "Time that one document spent in one stage.", tags: null, Stages);
        _finished = _meter.CreateCounter<long>("rag.ingest.documents", "{document}", "Documents that left the pipeline, by outcome.");
        // The first failure would not be seen to have grown from nothing.
        foreach (var outcome in (string[])["ready", "failed", "retried", "released", "lost"])
        {
            _finished.Add(0, new KeyValuePair<string, object?>("outcome", outcome));
        }

        _meter.CreateObservableGauge("rag.jobs.depth", Depths, "{job}", "Jobs by state.");
        _meter.CreateObservableGauge("rag.jobs.oldest.age", OldestAge, "s", "Since the oldest waiting job was made.");
        _meter.CreateObservableGauge("rag.blobs.faulty", Faults, "{original}", "Originals that are missing or damaged now; 'kind' says which.");
    }

    /// <summary>What the gauges say of the whole database; null: another worker says it.</summary>
    public WholeState? Whole => Volatile.Read(ref _whole);

    /// <summary>Changes what the gauges say.</summary>
    public void Observe(WholeState? whole) => Volatile.Write(ref _whole, whole);

    /// <summary>The span of one attempt: part of the submission's trace the first time when that is recorded, else linked to it.</summary>
    public Activity? StartJob(ClaimedJob job)
    {
        var hasOrigin = ActivityContext.TryParse(job.TraceParent, traceState: null, isRemote: true, out var origin);
        // A submission that nobody records would take the worker's trace with it: a sampler follows its parent.
        var isPart = hasOrigin && job is { Attempt: 1, Losses: 0 } && origin.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);
        // A retry happens minutes later: in the first trace it would look like one endless request.
        var activity = _source.StartActivity(
            "ingest document",
            ActivityKind.Consumer,
            isPart ? origin : default,
            links: hasOrigin && !isPart ? [new ActivityLink(origin)] : null);
        activity?.SetTag("rag.document.id", job.Document.ToString());
        activity?.SetTag("rag.job.attempt", job.Attempt);
        return activity;
    }

    /// <summary>Measures one stage until disposed.</summary>
    public StageTimer StartStage(string stage) => new(this, stage, _source.StartActivity(stage));

    public void Finished(string outcome) => _finished.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }

    private IEnumerable<Measurement<long>> Depths()
    {
        if (Whole is { Depth: var depth })
        {
            yield return new Measurement<long>(depth.Queued, new KeyValuePair<string, object?>("state", "queued"));
            yield return new Measurement<long>(depth.Running, new KeyValuePair<string, object?>("state", "running"));
            yield return new Measurement<long>(depth.Parked, new KeyValuePair<string, object?>("state", "parked"));
        }
    }

    private IEnumerable<Measurement<double>> OldestAge()
    {
        if (Whole is { } whole)
        {
            yield return new Measurement<double>(whole.Depth.OldestAge.TotalSeconds);
        }
    }

    private IEnumerable<Measurement<long>> Faults()
    {
        if (Whole is { Faults: var faults })
        {
            yield return new Measurement<long>(faults.Missing, new KeyValuePair<string, object?>("kind", "missing"));
            yield return new Measurement<long>(faults.Damaged, new KeyValuePair<string, object?>("kind", "damaged"));
        }
    }

    internal readonly struct StageTimer(IngestTelemetry telemetry, string stage, Activity? activity) : IDisposable
    {
        private readonly long _started = Stopwatch.GetTimestamp();

        public void Dispose()
        {
            telemetry._stageDuration.Record(Stopwatch.GetElapsedTime(_started).TotalSeconds, new KeyValuePair<string, object?>("stage", stage));
            activity?.Dispose();
        }
    }
}

/// <summary>What is true of the whole database, whichever worker looks.</summary>
internal sealed record WholeState(QueueDepth Depth, OriginalFaults Faults);
