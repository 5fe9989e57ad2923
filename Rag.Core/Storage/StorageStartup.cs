using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rag.Core.Storage;

/// <summary>Prepares the schema when the process starts, and goes on trying while PostgreSQL is away.</summary>
internal sealed partial class StorageStartup(Migrator migrator, StorageReadiness readiness, ILogger<StorageStartup> logger) : BackgroundService
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wait = FirstWait;
        string? said = null;
        while (true)
        {
            try
            {
                await migrator.PrepareAsync(stoppingToken);
                readiness.MarkPrepared();
                LogReady(logger);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever is wrong (server down, schema not there yet, a changed migration), somebody may put it right while we
                // wait: readiness says what it is, and the process need not be started again.
                // An exception that left this method would stop the process.
                readiness.MarkWaiting(e is RagException ? e.Message : $"The database could not be prepared because of a fault in the program ({e.GetType().Name}). Its log has the details.");
                if (said != e.Message) // a new reason, or the first
                {
                    said = e.Message;
                    LogWaiting(logger, e.Message, (e.InnerException ?? e).Message);
                }
            }

            await Task.Delay(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < MaxWait ? wait * 2 : MaxWait;
        }
    }

    [LoggerMessage(2010, LogLevel.Information, "The database is ready")]
    private static partial void LogReady(ILogger logger);

    [LoggerMessage(2011, LogLevel.Warning, "Waiting for the database: {Reason} ({Cause})")]
    private static partial void LogWaiting(ILogger logger, string reason, string cause);
}
