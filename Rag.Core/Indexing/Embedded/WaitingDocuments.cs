using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Embedded;

/// <summary>
/// Makes documents ready that waited for another index when the configuration changed to the embedded one, which has them as soon as
/// they are stored.
/// </summary>
internal sealed partial class WaitingDocuments(Database database, StorageReadiness readiness, StorageSignals signals, ILogger<WaitingDocuments> logger) : BackgroundService
{
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(2);

    // A worker that was still configured otherwise when this one began may have left some since.
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private const int AtOnce = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = Interval;
            try
            {
                while (await ReleaseAsync(stoppingToken) == AtOnce)
                {
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogInterrupted(e.Message);
                wait = RetryWait;
            }

            await Task.Delay(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<int> ReleaseAsync(CancellationToken cancellationToken)
    {
        var released = await database.TransactionAsync(
            async (connection, token) =>
            {
                var waiting = await connection.Sql(
                        """
                        update documents set status = 'ready', stage = null, progress = 100, ready_at = now(), updated = now()
                        where id in (select id from documents where status = 'processing' and stage = $1 order by id limit $2 for update skip locked)
                        returning id, collection_id, name
                        """,
                        JobQueue.IndexStage,
                        AtOnce)
                    .ListAsync(static r => (Id: new DocumentId(r.GetGuid(0)), Collection: new CollectionId(r.GetGuid(1)), Name: r.GetString(2)), token);
                if (waiting.Count > 0)
                {
                    await using var events = connection.CreateBatch();
                    foreach (var (id, collection, name) in waiting.OrderBy(static w => w.Collection.Value))
                    {
                        DocumentEvents.Append(events, new EventToAppend(collection, id, name, "ready", Progress: 100));
                    }

                    await events.ExecuteNonQueryAsync(token);
                }

                return waiting;
            },
            cancellationToken);
        foreach (var collection in released.Select(static w => w.Collection).Distinct())
        {
            signals.Signal(StorageChannels.DocumentEvents, collection.ToString());
        }

        return released.Count;
    }

    [LoggerMessage(3010, LogLevel.Warning, "Documents that wait for another index cannot be made ready at the moment; this is tried again: {Reason}")]
    private partial void LogInterrupted(string reason);
}
