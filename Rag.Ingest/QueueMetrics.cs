using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Ingest;

/// <summary>
/// Reads the queue's depth and the faulty originals for the gauges, which must not ask the database while they are collected. Of all workers
/// one has them.
/// </summary>
internal sealed partial class QueueMetrics(
    JobQueue queue,
    OriginalComparison originals,
    WorkerPresence presence,
    StorageReadiness readiness,
    IngestTelemetry telemetry,
    TimeProvider clock,
    ILogger<QueueMetrics> logger) : BackgroundService
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
                telemetry.Observe(await LookAsync(stoppingToken));
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

    private async Task<WholeState?> LookAsync(CancellationToken cancellationToken) => await queue.SpeaksForAllAsync(presence.Name, cancellationToken)
        ? new WholeState(await queue.DepthAsync(cancellationToken), await originals.CountAsync(cancellationToken))
        : null;

    [LoggerMessage(3301, LogLevel.Warning, "The depth of the queue could not be read, its gauges stand still: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
