using Rag.Core;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Ingest;

/// <summary>Reads the queue's depth for the gauges, which must not ask the database while they are collected.</summary>
internal sealed class QueueMetrics(JobQueue queue, StorageReadiness readiness, IngestTelemetry telemetry, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        while (true)
        {
            try
            {
                telemetry.Observe(await queue.DepthAsync(stoppingToken));
            }
            catch (RagException)
            {
                // The database is away: others say so, and the gauges keep their last values.
            }

            await Task.Delay(Interval, clock, stoppingToken);
        }
    }
}
