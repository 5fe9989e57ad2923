using System.Diagnostics;
using System.Text.Json.Nodes;
using Npgsql;
using Rag.Core.Blobs;
using Rag.Core.Storage;

namespace Rag.Core.Documents;

/// <summary>
/// Takes documents in, changes, finds and removes them. Every change is one transaction; locks are taken in the order original,
/// document, job, counters, here and in the job queue, so that they do not wait for each other in a circle. Thread-safe.
/// </summary>
public sealed partial class DocumentService(Database database, IBlobStore blobs, StorageSignals signals)
{
    // What a sender has waiting in a collection before the next one is one of several, or one of many.
    private const int Few = 8;
    private const int Many = 64;

    // So many within a minute, or it was sent by itself.
    private const int Wake = 4;

    /// <summary>Changes title or metadata. Another title is searchable only once the document is processed again, which this queues.</summary>
    /// <exception cref="RagException"><c>document-not-found</c>, <c>invalid-request</c>.</exception>
    public async Task<Document> PatchAsync(CollectionId collection, DocumentId id, DocumentPatch patch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(patch);
        var title = SubmissionRules.Title(patch.Title);
        var metadata = patch.Metadata is null ? null : SubmissionRules.Metadata(patch.Metadata);
        try
        {
            var (document, queued) = await database.TransactionAsync(
                async (connection, token) =>
                {
                    var current = await LockAsync(connection, collection, id, token) ?? throw NotFound(id);
                    return await ChangeAsync(connection, current, title, metadata, default, token);
                },
                cancellationToken);
            SignalChange(collection);
            if (queued)
            {
                SignalWork(collection);
            }

            return document;
        }
        catch (StorageException e) when (IsDataFault(e))
        {
            throw InvalidValue(e);
        }
    }

    /// <summary>Queues the document again, with the original that is there. The generation that is searched stays until the new one is ready.</summary>
    /// <exception cref="RagException"><c>document-not-found</c>; <c>document-busy</c> while a worker is at it; <c>no-original</c>, <c>original-damaged</c>.</exception>
    public async Task<Document> ReprocessAsync(CollectionId collection, DocumentId id, CancellationToken cancellationToken)
    {
        // Before the transaction: a store in the database takes a connection of the same pool, and many that each hold one while they wait
        // for another would wait for each other. An original that is lost or replaced in between, the worker finds out.
        await RequireOriginalAsync(await GetAsync(collection, id, cancellationToken), cancellationToken);

        var document = await database.TransactionAsync(
            async (connection, token) =>
            {
                var current = await LockAsync(connection, collection, id, token) ?? throw NotFound(id);
                var state = await connection.Sql("select state from jobs where document_id = $1 and state in ('queued', 'running')", id.Value)
                    .ScalarAsync<string>(token);
                // One that waits between two attempts does not wait any longer; a claim in between makes it somebody's, which is as good.
                return state == "running"
                    ? throw new RagException("document-busy", "The document is being processed. Wait until it is ready or has failed, then ask again.")
                    : await QueueAsync(connection, current, default(SenderId), token);
            },
            cancellationToken);
        SignalWork(collection);
        return document;
    }

    /// <summary>Removes the document: it is not found from then on. False when it was gone already.</summary>
    public async Task<bool> DeleteAsync(CollectionId collection, DocumentId id, CancellationToken cancellationToken) =>
        await DeleteManyAsync(collection, [id], cancellationToken) == 1;

    /// <summary>Removes documents in one transaction. Returns how many were there.</summary>
    public async Task<int> DeleteManyAsync(CollectionId collection, IReadOnlyCollection<DocumentId> ids, CancellationToken cancellationToken)
    {
        var count = await database.TransactionAsync(
            async (connection, token) =>
            {
                // In the order of their ids, so that two deletions of the same documents do not wait for each other in a circle.
                var found = await connection.Sql(
                        "select id, name from documents where collection_id = $1 and id = any($2) order by id for update",
                        collection.Value,
                        ids.Select(id => id.Value).ToArray())
                    .ListAsync(row => (Id: row.GetGuid(0), Name: row.GetString(1)), token);
                if (found.Count > 0)
                {
                    await using var batch = connection.CreateBatch();
                    batch.Timeout = (int)SqlExtensions.RemovalTimeout.TotalSeconds;
                    batch.Then("delete from documents where id = any($1)", found.Select(row => row.Id).ToArray());
                    foreach (var (id, name) in found)
                    {
                        DocumentEvents.Append(batch, new EventToAppend(collection, new DocumentId(id), name, "deleted", ChangesIndex: true));
                    }

                    await batch.ExecuteNonQueryAsync(token);
                }

                return found.Count;
            },
            cancellationToken);
        if (count > 0)
        {
            SignalChange(collection);
        }

        return count;
    }

    /// <summary>Applies what differs. The document's row is locked.</summary>
    private static async Task<(Document Document, bool Queued)> ChangeAsync(
        NpgsqlConnection connection, Document current, string? title, string? metadata, SenderId sender, CancellationToken cancellationToken)
    {
        var sameMetadata = metadata is null || JsonNode.DeepEquals(JsonNode.Parse(metadata), current.Metadata);
        var givenTitle = title is null
            ? null
            : await connection.Sql("select coalesce(given_title, '') from documents where id = $1", current.Id.Value).ScalarAsync<string>(cancellationToken);
        if (sameMetadata && title == givenTitle)
        {
            return (current, false);
        }

        // An empty title takes the sender's away; the one that the document states shows again when it has been processed.
        await connection.Sql(
                """
                update documents set metadata = coalesce($2::jsonb, metadata), updated = now(),
                    given_title = case when $3::text is null then given_title else nullif($3::text, '') end,
                    title = case when $3::text is null then title else nullif($3::text, '') end
                where id = $1
                """,
                current.Id.Value,
                metadata is null ? null : new Json(metadata),
                title)
            .RunAsync(cancellationToken);

        await using var batch = connection.CreateBatch();
        if (title != givenTitle)
        {
            if (!sameMetadata)
            {
                DocumentEvents.Append(batch, EventOf(current, changesIndex: true));
                await batch.ExecuteNonQueryAsync(cancellationToken);
            }

            // The title is among a chunk's terms.
            return (await QueueAsync(connection, current, sender, cancellationToken), true);
        }

        DocumentEvents.Append(batch, EventOf(current, changesIndex: true));
        batch.Then($"select {DocumentRows.Columns} from documents d where id = $1", current.Id.Value);
        return ((await SingleAsync(batch, cancellationToken))!, false);
    }

    /// <summary>Makes the document's one open job instead of those it had. The document's row is locked.</summary>
    private static async Task<Document> QueueAsync(
        NpgsqlConnection connection, Document document, SenderId? sender, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.Then(
            "update jobs set state = 'superseded', finished = now(), lease_until = null where document_id = $1 and state in ('queued', 'running', 'parked')",
            document.Id.Value);
        batch.Then(
            $"""
            update documents d set status = 'queued', stage = null, progress = 0, problem_code = null, problem = null, updated = now()
            where id = $1 returning {DocumentRows.Columns}
            """,
            document.Id.Value);
        AppendJob(batch, document, sender);
        // Read before the new job was there.
        return (await SingleAsync(batch, cancellationToken))! with { Attempts = 0 };
    }

    /// <summary>
    /// The job and the event of it; last in its transaction, as it locks the collection's counters. What the sender has waiting already, and
    /// whether this comes in the wake of others, makes its priority: nobody has to say that an upload is large. Without a sender nobody waits
    /// for it, and it is one of many.
    /// </summary>
    private static void AppendJob(NpgsqlBatch batch, Document document, SenderId? sender)
    {
        // Never more rows than the limit are read, the newest of an index in that order.
        batch.Then(
            $"""
            insert into jobs (id, collection_id, document_id, state, trace_parent, sender, priority)
            select $1, $2, $3, 'queued', $4::text, $5::uuid, case
                when $5::uuid is null then $6
                when count(*) < {Few} or count(*) filter (where created > now() - interval '1 minute') < {Wake} then $7
                when count(*) < {Many} then $8
                else $6
            end
            from (select created from jobs where state = 'queued' and collection_id = $2 and sender = $5::uuid order by created desc limit {Many}) as newest
            """,
            JobId.New().Value,
            document.Collection.Value,
            document.Id.Value,
            Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null,
            sender?.Value,
            (short)JobPriority.Bulk,
            (short)JobPriority.Asked,
            (short)JobPriority.Several);
        DocumentEvents.Append(batch, new EventToAppend(document.Collection, document.Id, document.Name, "queued"));
    }

    private static Task<Document?> LockAsync(NpgsqlConnection connection, CollectionId collection, DocumentId id, CancellationToken cancellationToken) =>
        connection.Sql($"select {DocumentRows.Columns} from documents d where id = $1 and collection_id = $2 for no key update", id.Value, collection.Value)
            .FirstAsync(DocumentRows.Map, cancellationToken);

    private static EventToAppend EventOf(Document document, bool changesIndex) => new(
        document.Collection,
        document.Id,
        document.Name,
        DocumentRows.Name(document.Status),
        document.Stage,
        document.Progress,
        document.Problem,
        changesIndex && document.ActiveGeneration is not null,
        document.ActiveGeneration);

    /// <summary>Runs the batch and returns the one document that one of its statements gives; null when none does.</summary>
    private static async Task<Document?> SingleAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        Document? document = null;
        do
        {
            if (await reader.ReadAsync(cancellationToken))
            {
                document = DocumentRows.Map(reader);
            }
        }
        while (await reader.NextResultAsync(cancellationToken));

        return document;
    }

    private void SignalWork(CollectionId collection)
    {
        signals.Signal(StorageChannels.Jobs, collection.ToString());
        signals.Signal(StorageChannels.DocumentEvents, collection.ToString());
    }

    private void SignalChange(CollectionId collection)
    {
        signals.Signal(StorageChannels.IndexChanges, collection.ToString());
        signals.Signal(StorageChannels.DocumentEvents, collection.ToString());
    }

    // Class 22 of PostgreSQL's errors: a value that a type cannot hold, such as a number with a million digits in the metadata.
    private static bool IsDataFault(StorageException e) => e.InnerException is PostgresException { SqlState: ['2', '2', ..] };

    private static RagException InvalidValue(StorageException e) => new(
        "invalid-request", "The database cannot hold one of the values of 'metadata' or 'title'. Look for very large numbers or unusual characters.", isTransient: false, e);

    private static RagException NotFound(DocumentId id) => new("document-not-found", $"There is no document '{id}' in this collection.");
}

/// <summary>Changes to a document; null leaves as it is.</summary>
public sealed record DocumentPatch
{
    /// <summary>Empty: back to the title that the document states.</summary>
    public string? Title { get; init; }

    /// <summary>Replaces all of it.</summary>
    public JsonObject? Metadata { get; init; }
}
