using Rag.Core.Storage;

namespace Rag.Core.Documents;

public sealed partial class DocumentService
{
    private const int RequeuedAtOnce = 200;

    /// <summary>
    /// Queues every document again whose job is parked, some at a time, behind what else its collection has to do. Returns how many; when
    /// it fails in between, those before are queued. Documents whose failed job was discarded are left alone.
    /// </summary>
    /// <param name="only">The collections; null: every one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<int> RetryFailedAsync(IReadOnlyCollection<CollectionId>? only, CancellationToken cancellationToken)
    {
        var count = 0;
        var last = Guid.Empty;
        List<Document> batch;
        do
        {
            // In steps, so that no row of a large collection stays locked for long, and what is queued is begun. By id, so that those that
            // fail again meanwhile do not come round for ever.
            var after = last;
            batch = await database.TransactionAsync(
                async (connection, token) =>
                {
                    var failed = await connection.Sql(
                            $"""
                            select {DocumentRows.Columns} from documents d join collections c on c.id = d.collection_id
                            where c.name is not null and d.status = 'failed' and d.id > $2 and ($1::uuid[] is null or d.collection_id = any($1::uuid[]))
                              and exists (select from jobs j where j.document_id = d.id and j.state = 'parked')
                            order by d.id limit {RequeuedAtOnce} for no key update of d
                            """,
                            only?.Select(id => id.Value).ToArray(),
                            after)
                        .ListAsync(DocumentRows.Map, token);
                    foreach (var document in failed)
                    {
                        await QueueAsync(connection, document, sender: null, token);
                    }

                    return failed;
                },
                cancellationToken);
            if (batch.Count > 0)
            {
                last = batch[^1].Id.Value;
                count += batch.Count;
                foreach (var collection in batch.Select(document => document.Collection).Distinct())
                {
                    SignalWork(collection);
                }
            }
        }
        while (batch.Count == RequeuedAtOnce);

        return count;
    }
}
