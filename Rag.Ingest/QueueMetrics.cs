using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Ingest;

/// <summary>Reads the queue's depth for the gauges, which must not ask the database while they are collected.</summary>
internal sealed partial class QueueMetrics(
    JobQueue queue, StorageReadiness readiness, IngestTelemetry telemetry, TimeProvider clock, ILogger<QueueMetrics> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        string? said = null;
        while (true)
        {
            try
            {
                telemetry.Observe(await queue.DepthAsync(stoppingToken));
                said = null;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The gauges keep their last values. An exception that left this loop would stop the process.
                var reason = FailureClassifier.Brief(e);
                if (said != reason)
                {
                    LogFailed(logger, reason);
                }

                said = reason;
            }

            await Task.Delay(Interval, clock, stoppingToken);
        }
    }

    [LoggerMessage(3301, LogLevel.Warning, "The depth of the queue could not be read, its gauges stand still: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
