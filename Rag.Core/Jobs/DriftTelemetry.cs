using System.Diagnostics.Metrics;

namespace Rag.Core.Jobs;

/// <summary>Counts what differed although nothing should: each finding once, by the process that found it.</summary>
public sealed class DriftTelemetry : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "Rag.Drift";

    private readonly Counter<long> _blobs;
    private readonly Counter<long> _rows;

    /// <summary>Makes the instruments.</summary>
    public DriftTelemetry()
    {
        _blobs = Meter.CreateCounter<long>("rag.blobs.drift", "{original}", "Originals that the store lacks, holds damaged or holds without a row; 'kind' says which.");
        _rows = Meter.CreateCounter<long>("rag.rows.drift", "{document}", "Documents whose rows did not fit together and that were queued again; 'kind' says why.");
        // A counter that first appears with its first finding has not grown as far as Prometheus can see.
        foreach (var kind in (string[])["missing", "damaged", "unknown"])
        {
            _blobs.Add(0, new KeyValuePair<string, object?>("kind", kind));
        }

        foreach (var kind in (string[])["unqueued", "incomplete"])
        {
            _rows.Add(0, new KeyValuePair<string, object?>("kind", kind));
        }
    }

    /// <summary>The instruments' meter.</summary>
    internal Meter Meter { get; } = new(Name);

    /// <summary>Originals: <c>missing</c>, <c>damaged</c> or <c>unknown</c>.</summary>
    public void Blobs(string kind, long count) => Add(_blobs, kind, count);

    /// <summary>Documents: <c>unqueued</c> or <c>incomplete</c>.</summary>
    public void Rows(string kind, long count) => Add(_rows, kind, count);

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    private static void Add(Counter<long> counter, string kind, long count)
    {
        if (count > 0)
        {
            counter.Add(count, new KeyValuePair<string, object?>("kind", kind));
        }
    }
}
