using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace RagPlatform.ServiceDefaults.Telemetry;

/// <summary>Resolves the providers: nothing else does, and until somebody has they neither listen nor export. The container flushes them at the end.</summary>
internal sealed class TelemetryStarter : IHostedService
{
    // The parameters are the work; a primary constructor would keep them as fields that nobody reads.
    public TelemetryStarter(TracerProvider tracer, MeterProvider meter)
    {
        ArgumentNullException.ThrowIfNull(tracer);
        ArgumentNullException.ThrowIfNull(meter);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
