using Npgsql;
using Rag.Core.Blobs;
using Rag.Core.Storage;

namespace Rag.Core.Documents;

public sealed partial class DocumentService
{
    /// <summary>
    /// Stores the content and queues it for processing. When it returns, content and job are durable. Changed content under the
    /// same key replaces the document's once it is processed; until then the old content stays searchable. A job that is under way for older
    /// content is superseded. Repeating a submission is harmless.
    /// </summary>
    /// <exception cref="RagException">
    /// <c>collection-not-found</c>, <c>empty-file</c>, <c>file-too-large</c>, <c>invalid-request</c>, <c>disk-full</c>, <c>storage-away</c>.
    /// </exception>
    public async Task<SubmissionResult> SubmitAsync(Submission submission, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(submission);
        var accepted = new Accepted(
            StorableText.FileName(submission.Name),
            SubmissionRules.SourceId(submission.SourceId),
            SubmissionRules.Title(submission.Title) is { Length: > 0 } title ? title : null,
            submission.MediaType is { Length: > 0 } type ? StorableText.Truncate(StorableText.Clean(type), 255) : null,
            submission.Metadata is null ? null : SubmissionRules.Metadata(submission.Metadata),
            submission.Sender);

        await using var staged = await blobs.StageAsync(submission.Collection, submission.Content, cancellationToken);
        if (staged.SizeBytes == 0 && !SubmissionRules.MayBeEmpty(submission))
        {
            throw new RagException("empty-file", "The file has no bytes. Send it again; if it is meant to be empty, send it as text with a 'sourceId'.");
        }

        try
        {
            var result = await database.TransactionAsync(
                (connection, token) => StoreAsync(connection, submission.Collection, accepted, staged, token), cancellationToken);
            if (result.Outcome == SubmissionOutcome.Queued)
            {
                SignalWork(submission.Collection);
            }

            return result;
        }
        catch (StorageException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation })
        {
            throw CollectionGone();
        }
        catch (StorageException e) when (IsDataFault(e))
        {
            throw InvalidValue(e);
        }
    }

    private static async Task<SubmissionResult> StoreAsync(
        NpgsqlConnection connection, CollectionId collection, Accepted accepted, IStagedBlob staged, CancellationToken cancellationToken)
    {
        var sourceId = accepted.SourceId ?? "sha256:" + Convert.ToHexStringLower(staged.Sha256.Span);
        var isStored = false;
        while (true)
        {
            await using var batch = connection.CreateBatch();
            batch.Then(
                """
                with open as (select id from collections where id = $1 and name is not null for key share)
                insert into blobs (collection_id, sha256, size_bytes) select id, $2, $3 from open
                on conflict (collection_id, sha256) do update set unreferenced_since = null
                returning fault
                """,
                collection.Value,
                staged.Sha256,
                staged.SizeBytes);
            batch.Then(
                $"""
                insert into documents as d (id, collection_id, source_id, name, title, given_title, media_type, metadata, sha256, size_bytes, status)
                values ($1, $2, $3, $4, $5, $5, $6, coalesce($7::jsonb, jsonb_build_object()), $8, $9, 'queued')
                on conflict (collection_id, source_id) do nothing
                returning {DocumentRows.Columns}
                """,
                DocumentId.New().Value,
                collection.Value,
                sourceId,
                accepted.Name,
                accepted.Title,
                accepted.MediaType,
                accepted.Metadata is null ? null : new Json(accepted.Metadata),
                staged.Sha256,
                staged.SizeBytes);
            var (isOpen, fault, created) = await AcceptedAsync(batch, cancellationToken);
            if (!isOpen)
            {
                // Removed since the caller looked it up; its row stays until the sweeper has been there.
                throw CollectionGone();
            }

            if (!isStored)
            {
                // Under the lock of the blob's row: the sweeper cannot take the file away in between.
                await staged.CommitAsync(connection, isDamaged: fault is not null, cancellationToken);
                isStored = true;
                if (fault is not null)
                {
                    // Whoever sends the content of an original that was lost puts it back, for every document that has it.
                    await connection.Sql(
                            "update blobs set fault = null, fault_found = null, size_bytes = $3 where collection_id = $1 and sha256 = $2",
                            collection.Value,
                            staged.Sha256,
                            staged.SizeBytes)
                        .RunAsync(cancellationToken);
                }
            }

            if (created is not null)
            {
                await using var first = connection.CreateBatch();
                AppendJob(first, created, accepted.Sender);
                await first.ExecuteNonQueryAsync(cancellationToken);
                return new SubmissionResult(SubmissionOutcome.Queued, created);
            }

            var current = await connection.Sql(
                    $"select {DocumentRows.Columns} from documents d where collection_id = $1 and source_id = $2 for no key update", collection.Value, sourceId)
                .FirstAsync(DocumentRows.Map, cancellationToken);
            if (current is not null)
            {
                return await ReplaceAsync(connection, current, accepted, staged, cancellationToken);
            }

            // It was removed between the two statements: it is new after all.
        }
    }

    /// <summary>Whether there was a collection, what was known to be wrong with the original, and the document unless there was one.</summary>
    private static async Task<(bool IsOpen, string? Fault, Document? Created)> AcceptedAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var isOpen = await reader.ReadAsync(cancellationToken);
        var fault = isOpen ? reader.Nullable<string>(0) : null;
        await reader.NextResultAsync(cancellationToken);
        return (isOpen, fault, await reader.ReadAsync(cancellationToken) ? DocumentRows.Map(reader) : null);
    }

    private static async Task<SubmissionResult> ReplaceAsync(
        NpgsqlConnection connection, Document current, Accepted accepted, IStagedBlob staged, CancellationToken cancellationToken)
    {
        if (current.Status != DocumentStatus.Failed && current.Sha256.Span.SequenceEqual(staged.Sha256.Span))
        {
            var (document, queued) = await ChangeAsync(connection, current, accepted.Title, accepted.Metadata, accepted.Sender, cancellationToken);
            return new SubmissionResult(queued ? SubmissionOutcome.Queued : SubmissionOutcome.Unchanged, document);
        }

        await connection.Sql(
                """
                update documents set name = $2, media_type = $3, metadata = coalesce($4::jsonb, metadata), sha256 = $5, size_bytes = $6,
                    given_title = coalesce($7::text, given_title), title = coalesce($7::text, title), page_count = null
                where id = $1
                """,
                current.Id.Value,
                accepted.Name,
                accepted.MediaType,
                accepted.Metadata is null ? null : new Json(accepted.Metadata),
                staged.Sha256,
                staged.SizeBytes,
                accepted.Title)
            .RunAsync(cancellationToken);
        if (accepted.Metadata is not null && current.ActiveGeneration is not null)
        {
            // The older generation is searched until this one is processed, and filters already mean the new metadata.
            await using var batch = connection.CreateBatch();
            DocumentEvents.Append(batch, EventOf(current, changesIndex: true));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        return new SubmissionResult(SubmissionOutcome.Queued, await QueueAsync(connection, current with { Name = accepted.Name }, accepted.Sender, cancellationToken));
    }

    private static RagException CollectionGone() => new("collection-not-found", "The collection is not there any more. GET /v1/collections lists those there are.");

    private sealed record Accepted(string Name, string? SourceId, string? Title, string? MediaType, string? Metadata, SenderId Sender);
}
