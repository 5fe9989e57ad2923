using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Embedded;

/// <summary>
/// Makes documents ready that wait for another index after the configuration changed to the embedded one, which has them as soon as they
/// are stored. Again and again: a worker that still has the other configuration, as in a rolling update, goes on storing such documents.
/// </summary>
internal sealed partial class WaitingDocuments(Database database, StorageReadiness readiness, StorageSignals signals, ILogger<WaitingDocuments> logger) : BackgroundService
{
    // An index over nothing but such documents makes looking cheap.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private const int AtOnce = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WaitAsync(stoppingToken);
        var isAway = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await ReleaseAsync(stoppingToken) == AtOnce)
                {
                }

                isAway = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Said once per outage.
                if (!isAway)
                {
                    LogInterrupted(e.Message);
                }

                isAway = true;
            }

            await Task.Delay(Interval, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<int> ReleaseAsync(CancellationToken cancellationToken)
    {
        var released = await database.TransactionAsync(
            async (connection, token) =>
            {
                var waiting = await connection.Sql(
                        // As words of the statement, or the index would not fit every plan.
                        $"""
                        update documents set status = 'ready', stage = null, progress = 100, ready_at = now(), updated = now()
                        where id in (select id from documents where status = 'processing' and stage = '{JobQueue.IndexStage}' order by id limit $1 for update skip locked)
                        returning id, collection_id, name
                        """,
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
