using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RagPlatform.ServiceDefaults.Health;

/// <summary>
/// Says as metrics what readiness checks found. The gauge itself asks nobody: while it is collected nothing may wait for a store that hangs.
/// Thread-safe.
/// </summary>
internal sealed class DependencyTelemetry : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "Rag.Health";

    // A probe asks every few seconds. What nobody has asked for since is not known any more.
    private static readonly TimeSpan Known = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private (HealthReport Report, long Noted)? _last;

    public DependencyTelemetry(TimeProvider time)
    {
        _time = time;
        Meter.CreateObservableGauge("rag.dependency.up", Observe, "{dependency}", "Whether the process reaches what it depends on: 1 or 0.");
    }

    /// <summary>The instrument's meter.</summary>
    internal Meter Meter { get; } = new(Name);

    public void Note(HealthReport report)
    {
        lock (_gate)
        {
            _last = (report, _time.GetTimestamp());
        }
    }

    public void Dispose() => Meter.Dispose();

    private IEnumerable<Measurement<int>> Observe()
    {
        lock (_gate)
        {
            return _last is { } last && _time.GetElapsedTime(last.Noted) <= Known
                ? [.. last.Report.Entries.Select(static entry => new Measurement<int>(
                    entry.Value.Status == HealthStatus.Healthy ? 1 : 0, new KeyValuePair<string, object?>("dependency", entry.Key)))]
                : [];
        }
    }
}
