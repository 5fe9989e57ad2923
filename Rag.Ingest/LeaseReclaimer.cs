using Microsoft.Extensions.Options;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Ingest;

/// <summary>Returns jobs whose worker vanished to the queue.</summary>
internal sealed partial class LeaseReclaimer(
    JobQueue queue, StorageReadiness readiness, IOptions<JobOptions> options, TimeProvider clock, ILogger<LeaseReclaimer> logger) : BackgroundService
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);

    // After a restart of the database every worker is absent until it has connected again: it tries every five seconds at most, and connecting takes its time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        var tenth = options.Value.Lease / 10;
        var interval = tenth < LongestInterval ? tenth : LongestInterval;
        var absentSince = new Dictionary<string, long>(StringComparer.Ordinal);
        string? said = null;
        while (true)
        {
            try
            {
                var absent = await queue.FindAbsentWorkersAsync(stoppingToken);
                foreach (var present in absentSince.Keys.Except(absent, StringComparer.Ordinal).ToList())
                {
                    absentSince.Remove(present);
                }

                absent.ForEach(worker => absentSince.TryAdd(worker, clock.GetTimestamp()));
                var gone = absentSince.Where(entry => clock.GetElapsedTime(entry.Value) >= Patience).Select(entry => entry.Key).ToList();
                var count = await queue.ReclaimAsync(gone, stoppingToken);
                if (count > 0)
                {
                    LogReclaimed(logger, count);
                }

                said = null;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // An exception that left this loop would stop the process. Said once for each reason, as it comes round every second.
                var reason = FailureClassifier.Brief(e);
                if (said != reason)
                {
                    LogFailed(logger, reason);
                }

                said = reason;
            }

            await Task.Delay(interval, clock, stoppingToken);
        }
    }

    [LoggerMessage(3101, LogLevel.Warning, "{Count} jobs of vanished workers are back in the queue")]
    private static partial void LogReclaimed(ILogger logger, int count);

    [LoggerMessage(3102, LogLevel.Warning, "Looking for vanished workers failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
