using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace RagPlatform.ServiceDefaults.Health;

/// <summary>
/// Looks at the dependencies once for everybody who asks at about the same time: anyone may ask for readiness, and a flood of it must cost
/// the database no more than a probe does. Thread-safe.
/// </summary>
internal sealed class SharedHealth(HealthCheckService health, HealthLog log, DependencyTelemetry telemetry, TimeProvider time)
{
    /// <summary>What was begun this long ago is not asked for again; far below the interval of any probe.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private Task<HealthReport>? _latest;
    private long _begun;

    /// <summary>How the dependencies are, as seen within <see cref="Fresh"/> or by a look that is under way.</summary>
    public Task<HealthReport> ReportAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_latest is null || (_latest.IsCompleted && time.GetElapsedTime(_begun) >= Fresh))
            {
                _begun = time.GetTimestamp();
                _latest = LookAsync();
            }

            return _latest.WaitAsync(cancellationToken);
        }
    }

    // Not cancelled with the one who asked first. Each check has a time limit of its own.
    private async Task<HealthReport> LookAsync()
    {
        var report = await health.CheckHealthAsync(CancellationToken.None);
        log.Note(report);
        telemetry.Note(report);
        return report;
    }
}
