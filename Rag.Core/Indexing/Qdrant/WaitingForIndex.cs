using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>Ends the wait of documents for the searched version.</summary>
internal static class WaitingForIndex
{
    /// <summary>What a document is told that the index cannot hold; the rest of the message is the reason.</summary>
    public const string RefusedCode = "index-refused";

    /// <summary>Those that the version has are ready; those that it cannot hold have failed, though they may have been ready before.</summary>
    /// <param name="connection">With a transaction.</param>
    /// <param name="version">The searched one.</param>
    /// <param name="documents">Which; null: all that the version has.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Their collections.</returns>
    public static async Task<IReadOnlyList<CollectionId>> SettleAsync(
        NpgsqlConnection connection, IndexVersion version, IReadOnlyList<DocumentId>? documents, CancellationToken cancellationToken)
    {
        var settled = await connection.Sql(
                """
                update documents d set status = case when i.problem is null then 'ready' else 'failed' end,
                    stage = null, progress = case when i.problem is null then 100 else d.progress end,
                    ready_at = case when i.problem is null then now() else d.ready_at end,
                    problem_code = case when i.problem is null then d.problem_code else $3 end, problem = coalesce(i.problem, d.problem), updated = now()
                from index_documents i
                where i.version_id = $1 and i.document_id = d.id and i.generation = d.active_generation and ($2::uuid[] is null or d.id = any($2))
                  and ((d.status = 'processing' and d.stage = $4) or (d.status = 'ready' and i.problem is not null))
                returning d.collection_id, d.id, d.name, i.problem
                """,
                version.Id,
                documents?.Select(static d => d.Value).ToArray(),
                RefusedCode,
                JobQueue.IndexStage)
            .ListAsync(
                static r => (Collection: new CollectionId(r.GetGuid(0)), Id: new DocumentId(r.GetGuid(1)), Name: r.GetString(2), Problem: r.Nullable<string>(3)), cancellationToken);
        if (settled.Count == 0)
        {
            return [];
        }

        var refused = settled.Where(static s => s.Problem is not null).ToList();
        if (refused.Count > 0)
        {
            await ParkAsync(connection, [.. refused.Select(static r => r.Id.Value)], [.. refused.Select(static r => r.Problem!)], cancellationToken);
        }

        await using var events = connection.CreateBatch();
        foreach (var (collection, id, name, problem) in settled.OrderBy(static s => s.Collection.Value))
        {
            DocumentEvents.Append(events, problem is null
                ? new EventToAppend(collection, id, name, "ready", Progress: 100)
                : new EventToAppend(collection, id, name, "failed", Problem: new Problem(RefusedCode, problem)));
        }

        await events.ExecuteNonQueryAsync(cancellationToken);
        return [.. settled.Select(static s => s.Collection).Distinct()];
    }

    // Failed work is what is parked: without it nobody would see the document in the list, and nobody could retry it with the others.
    private static async Task ParkAsync(NpgsqlConnection connection, Guid[] documents, string[] problems, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.Then(
            """
            update jobs j set state = 'parked', failed_stage = $3, problem_code = $4, problem = r.problem,
                first_failed = coalesce(j.first_failed, now()), last_failed = now(), finished = now()
            from unnest($1::uuid[], $2::text[]) as r(document, problem)
            where j.state = 'done' and j.id = (select n.id from jobs n where n.document_id = r.document order by n.created desc, n.id desc limit 1)
            """,
            documents,
            problems,
            JobQueue.IndexStage,
            RefusedCode);
        // Its job may have been swept meanwhile.
        batch.Then(
            """
            insert into jobs (id, collection_id, document_id, state, attempts, failed_stage, problem_code, problem, first_failed, last_failed, finished)
            select gen_random_uuid(), d.collection_id, d.id, 'parked', 1, $3, $4, r.problem, now(), now(), now()
            from unnest($1::uuid[], $2::text[]) as r(document, problem) join documents d on d.id = r.document
            where not exists (select from jobs j where j.document_id = d.id and j.state in ('queued', 'running', 'parked'))
            """,
            documents,
            problems,
            JobQueue.IndexStage,
            RefusedCode);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
