using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

public sealed partial class JobQueue
{
    /// <summary>Changes a running job of that generation and its document, and tells clients. False when the job is not so any more.</summary>
    private async Task<bool> ChangeAsync(ClaimedJob job, Change change, CancellationToken cancellationToken)
    {
        var changed = await database.TransactionAsync(
            async (connection, token) =>
            {
                if (change.OnlyLeftBy is not null && !await TryLockAsync(connection, job, token))
                {
                    return false;
                }

                await using var fence = connection.CreateBatch();
                fence.Then("select 1 from documents where id = $1 for no key update", job.Document.Value);
                fence.Then(
                    """
                    update jobs set state = $3, stage = $4::text, lease_until = case when $5::interval is null then null else now() + $5::interval end,
                        available_at = case when $6::interval is null then available_at else now() + $6::interval end,
                        attempts = attempts - case when $7 then 0 else 1 end, losses = losses + case when $8 then 1 else 0 end,
                        problem_code = coalesce($9::text, problem_code), problem = coalesce($10::text, problem),
                        first_failed = case when $11 then coalesce(first_failed, now()) else first_failed end,
                        last_failed = case when $11 then now() else last_failed end,
                        failed_stage = case when $11 then coalesce($13::text, stage) else failed_stage end,
                        finished = case when $3 = 'parked' then now() end
                    where id = $1 and generation = $2 and state = 'running' and ($12::text[] is null or lease_until < now() or worker = any($12::text[]))
                    """,
                    job.Id.Value,
                    job.Generation,
                    change.JobState,
                    change.Stage,
                    change.Lease,
                    change.Wait,
                    change.CountAttempt,
                    change.CountLoss,
                    change.Problem?.Code,
                    change.Problem?.Message,
                    change.Failed,
                    change.OnlyLeftBy,
                    change.FailedStage);
                await fence.ExecuteNonQueryAsync(token);
                if (fence.BatchCommands[1].RecordsAffected != 1)
                {
                    return false;
                }

                await using var batch = connection.CreateBatch();
                // The reason of the last attempt stays visible while the next one waits and works.
                batch.Then(
                    """
                    update documents set status = $2, stage = $3::text, progress = $4, problem_code = coalesce($5::text, problem_code),
                        problem = coalesce($6::text, problem), updated = now()
                    where id = $1
                    """,
                    job.Document.Value,
                    change.DocumentStatus,
                    change.Stage,
                    change.Progress,
                    change.Problem?.Code,
                    change.Problem?.Message);
                DocumentEvents.Append(
                    batch,
                    new EventToAppend(job.Collection, job.Document, job.Name, change.DocumentStatus, change.Stage, change.Progress, change.Problem));
                await batch.ExecuteNonQueryAsync(token);
                return true;
            },
            cancellationToken);
        if (changed)
        {
            signals.Signal(StorageChannels.DocumentEvents, job.Collection.ToString());
            if (change.JobState == "queued" && change.Wait is null)
            {
                signals.Signal(StorageChannels.Jobs, job.Collection.ToString());
            }
        }

        return changed;
    }

    /// <summary>Whether nobody else holds the job and its document; from then on nobody else does.</summary>
    private static Task<bool> TryLockAsync(NpgsqlConnection connection, ClaimedJob job, CancellationToken cancellationToken) => connection.Sql(
            "select true from jobs j join documents d on d.id = j.document_id where j.id = $1 for no key update of j, d skip locked", job.Id.Value)
        .ScalarAsync<bool>(cancellationToken);

    private sealed record Change(string JobState, string DocumentStatus)
    {
        public string? Stage { get; init; }

        public int Progress { get; init; }

        public TimeSpan? Lease { get; init; }

        public TimeSpan? Wait { get; init; }

        public bool CountAttempt { get; init; } = true;

        public bool CountLoss { get; init; }

        public Problem? Problem { get; init; }

        public bool Failed { get; init; }

        /// <summary>Null: where it stood when it was last reported.</summary>
        public string? FailedStage { get; init; }

        /// <summary>Only when the lease ran out, or one of these has it; null: whoever has it.</summary>
        public string[]? OnlyLeftBy { get; init; }
    }
}
