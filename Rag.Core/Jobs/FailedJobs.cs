using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

/// <summary>
/// The jobs that failed for good, until somebody retries or discards them, and what became of the jobs of a document. Where collections
/// are given, jobs of others are not there; null: every collection. Thread-safe.
/// </summary>
public sealed class FailedJobs(Database database, DocumentService documents)
{
    private const int DiscardedAtOnce = 500;

    /// <summary>A page of parked jobs, those that failed last first.</summary>
    /// <exception cref="RagException"><c>invalid-cursor</c>, <c>invalid-request</c>.</exception>
    public async Task<Page<JobRecord>> ListAsync(IReadOnlyCollection<CollectionId>? only, int limit, string? cursor, CancellationToken cancellationToken)
    {
        var from = Cursor.Parse(cursor);
        Cursor.Limit(limit);
        var rows = await database.ReadAsync(
            (connection, token) => connection.Sql(
                    $"""
                    select {JobRecord.Columns}
                    from jobs j join collections c on c.id = j.collection_id join documents d on d.id = j.document_id
                    where j.state = 'parked' and c.name is not null and ($1::uuid[] is null or j.collection_id = any($1::uuid[]))
                      and ($2::timestamptz is null or (j.finished, j.id) < ($2::timestamptz, $3::uuid))
                    order by j.finished desc, j.id desc limit $4
                    """,
                    Values(only),
                    from?.Created,
                    from?.Id,
                    limit + 1)
                .ListAsync(JobRecord.Map, token),
            cancellationToken);
        return Cursor.Page(rows, limit, last => new Cursor(last.Finished!.Value, last.Id.Value).ToString());
    }

    /// <summary>A page of the jobs that a document had, newest first. Finished ones are kept for a week, parked ones as long as they are.</summary>
    /// <exception cref="RagException"><c>document-not-found</c>, <c>invalid-cursor</c>, <c>invalid-request</c>.</exception>
    public async Task<Page<JobRecord>> HistoryAsync(
        CollectionId collection, DocumentId document, int limit, string? cursor, CancellationToken cancellationToken)
    {
        var from = Cursor.Parse(cursor);
        Cursor.Limit(limit);
        await documents.GetAsync(collection, document, cancellationToken);
        var rows = await database.ReadAsync(
            (connection, token) => connection.Sql(
                    $"""
                    select {JobRecord.Columns}
                    from jobs j join collections c on c.id = j.collection_id join documents d on d.id = j.document_id
                    where j.document_id = $1 and c.name is not null
                      and ($2::timestamptz is null or (j.created, j.id) < ($2::timestamptz, $3::uuid))
                    order by j.created desc, j.id desc limit $4
                    """,
                    document.Value,
                    from?.Created,
                    from?.Id,
                    limit + 1)
                .ListAsync(JobRecord.Map, token),
            cancellationToken);
        return Cursor.Page(rows, limit, last => new Cursor(last.Created, last.Id.Value).ToString());
    }

    /// <summary>Queues the document of a parked job again.</summary>
    /// <exception cref="RagException"><c>job-not-found</c>, <c>document-busy</c>, <c>no-original</c>, <c>original-damaged</c>.</exception>
    public async Task RetryAsync(JobId job, IReadOnlyCollection<CollectionId>? only, CancellationToken cancellationToken)
    {
        var (collection, document) = await database.ReadAsync(
                (connection, token) => connection.Sql(
                        """
                        select j.collection_id, j.document_id from jobs j join collections c on c.id = j.collection_id
                        where j.id = $1 and j.state = 'parked' and c.name is not null and ($2::uuid[] is null or j.collection_id = any($2::uuid[]))
                        """,
                        job.Value,
                        Values(only))
                    .FirstAsync<Tuple<CollectionId, DocumentId>>(row => Tuple.Create(new CollectionId(row.GetGuid(0)), new DocumentId(row.GetGuid(1))), token),
                cancellationToken)
            ?? throw NotFound();
        await documents.ReprocessAsync(collection, document, cancellationToken);
    }

    /// <summary>Queues the documents of all parked jobs again, behind what else their collections have to do. Returns how many.</summary>
    public Task<int> RetryAllAsync(IReadOnlyCollection<CollectionId>? only, CancellationToken cancellationToken) =>
        documents.RetryFailedAsync(only, cancellationToken);

    /// <summary>Takes a parked job from the list. Its document stays failed, with its reason, and can be processed again like any other.</summary>
    /// <exception cref="RagException"><c>job-not-found</c>.</exception>
    public async Task DiscardAsync(JobId job, IReadOnlyCollection<CollectionId>? only, CancellationToken cancellationToken)
    {
        var discarded = await database.ReadAsync(
            (connection, token) => connection.Sql(
                    """
                    update jobs set state = 'discarded', finished = now()
                    where id = $1 and state = 'parked' and ($2::uuid[] is null or collection_id = any($2::uuid[]))
                      and exists (select from collections c where c.id = collection_id and c.name is not null)
                    """,
                    job.Value,
                    Values(only))
                .RunAsync(token),
            cancellationToken);
        if (discarded == 0)
        {
            throw NotFound();
        }
    }

    /// <summary>As <see cref="DiscardAsync"/>, for all parked jobs that there were at the beginning. Returns how many.</summary>
    public async Task<int> DiscardAllAsync(IReadOnlyCollection<CollectionId>? only, CancellationToken cancellationToken)
    {
        // What fails while the list is emptied was not seen by whoever gave the order.
        var until = await database.ReadAsync(
            (connection, token) => connection.Sql("select now()").FirstAsync(row => row.GetFieldValue<DateTimeOffset>(0), token), cancellationToken);
        var total = 0;
        int count;
        do
        {
            count = await database.TransactionAsync(
                (connection, token) => connection.Sql(
                        $"""
                        update jobs set state = 'discarded', finished = now()
                        where id in (
                            select j.id from jobs j join collections c on c.id = j.collection_id
                            where j.state = 'parked' and j.finished <= $2 and c.name is not null and ($1::uuid[] is null or j.collection_id = any($1::uuid[]))
                            order by j.finished, j.id limit {DiscardedAtOnce} for no key update of j)
                        """,
                        Values(only),
                        until)
                    .RunAsync(token),
                cancellationToken);
            total += count;
        }
        while (count == DiscardedAtOnce);

        return total;
    }

    private static Guid[]? Values(IReadOnlyCollection<CollectionId>? only) => only?.Select(id => id.Value).ToArray();

    private static RagException NotFound() => new(
        "job-not-found", "There is no such failed job any more: it was retried or discarded, or its document was deleted. GET /v1/jobs/failed lists those there are.");
}
