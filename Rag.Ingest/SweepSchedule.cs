using Microsoft.Extensions.Options;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Ingest;

/// <summary>Sweeps now and then, and soon after a collection was removed.</summary>
internal sealed partial class SweepSchedule(
    Sweeper sweeper, StorageReadiness readiness, StorageSignals signals, IOptions<JobOptions> options, TimeProvider clock, ILogger<SweepSchedule> logger)
    : BackgroundService
{
    private static readonly TimeSpan FileInterval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        var pulse = new Pulse();
        using var subscription = signals.Subscribe(StorageChannels.Removals, payload =>
        {
            if (payload.Length > 0)
            {
                pulse.Set();
            }
        });
        var started = clock.GetTimestamp();
        long? filesSwept = null;
        while (true)
        {
            await pulse.WaitAsync(options.Value.SweepInterval, stoppingToken);
            try
            {
                var includeFiles = filesSwept is { } last
                    ? clock.GetElapsedTime(last) >= FileInterval
                    : clock.GetElapsedTime(started) >= options.Value.SweepInterval;
                if (await sweeper.SweepAsync(new SweepAges(), includeFiles, stoppingToken) is not null && includeFiles)
                {
                    filesSwept = clock.GetTimestamp();
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The next one tries again; a leftover harms nobody meanwhile. An exception that left this loop would stop the process.
                LogFailed(logger, FailureClassifier.Brief(e));
            }
        }
    }

    [LoggerMessage(3201, LogLevel.Warning, "Leftovers could not be removed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
