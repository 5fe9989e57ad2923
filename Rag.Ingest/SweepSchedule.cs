using Microsoft.Extensions.Options;
using Rag.Core;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Ingest;

/// <summary>Sweeps now and then.</summary>
internal sealed partial class SweepSchedule(
    Sweeper sweeper, StorageReadiness readiness, IOptions<JobOptions> options, TimeProvider clock, ILogger<SweepSchedule> logger) : BackgroundService
{
    private static readonly TimeSpan FileInterval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        long? filesSwept = null;
        while (true)
        {
            await Task.Delay(options.Value.SweepInterval, clock, stoppingToken);
            try
            {
                var includeFiles = filesSwept is null || clock.GetElapsedTime(filesSwept.Value) >= FileInterval;
                if (await sweeper.SweepAsync(new SweepAges(), includeFiles, stoppingToken) is not null && includeFiles)
                {
                    filesSwept = clock.GetTimestamp();
                }
            }
            catch (Exception e) when (e is RagException or IOException or UnauthorizedAccessException)
            {
                // The next one tries again; a leftover harms nobody meanwhile.
                LogFailed(logger, e.Message);
            }
        }
    }

    [LoggerMessage(3201, LogLevel.Warning, "Leftovers could not be removed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
