using Microsoft.Extensions.Options;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

/// <summary>
/// The durable queue. Who owns a job is decided in SQL by the database's clock and the generation number of the claim; a worker that
/// lost its lease cannot change anything any more. Locks are taken in the order document, job, counters. Thread-safe.
/// </summary>
public sealed class JobQueue(Database database, StorageSignals signals, IOptions<JobOptions> options)
{
    /// <summary>Stage of a document whose job is done and that waits for an index outside of the database.</summary>
    public const string IndexStage = "index";

    private const int IndexProgress = 95;

    // A document whose worker vanishes every time must not go round for ever; single crashes and deployments must not park it.
    private const int MaxLosses = 20;

    private readonly JobOptions _options = options.Value;

    /// <summary>Takes the next job; null when none is due.</summary>
    // The claim does not wait for the disk. When the server crashes before it is there, the job is queued again and the number may come
    // again, but nothing was stored under it: every later commit flushes this one too. A worker that goes on with it can at most finish
    // the same job, with the same content, before the one that claimed it anew.
    public Task<ClaimedJob?> ClaimAsync(string worker, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                with next as (
                    select id from jobs where state = 'queued' and available_at <= now()
                    order by available_at, id limit 1 for no key update skip locked)
                update jobs j set state = 'running', generation = nextval('generation_numbers'), worker = $1, attempts = j.attempts + 1,
                    lease_until = now() + $2, stage = null
                from next, documents d, collections c, (select set_config('synchronous_commit', 'off', true)) as quick
                where j.id = next.id and d.id = j.document_id and c.id = j.collection_id
                returning j.id, j.generation, j.collection_id, j.document_id, j.attempts, j.losses, j.trace_parent, j.created,
                    d.name, d.given_title, d.media_type, d.sha256, d.size_bytes, c.settings::text
                """,
                worker,
                _options.Lease)
            .FirstAsync(Map, token),
        cancellationToken);

    /// <summary>Extends the lease. False: the job is not this worker's any more, stop working on it.</summary>
    public Task<bool> RenewAsync(ClaimedJob job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        return database.ReadAsync(
            async (connection, token) => await connection.Sql(
                    "update jobs set lease_until = now() + $3 where id = $1 and generation = $2 and state = 'running'",
                    job.Id.Value,
                    job.Generation,
                    _options.Lease)
                .RunAsync(token) == 1,
            cancellationToken);
    }

    /// <summary>Extends the lease and shows where the work stands. False: as for <see cref="RenewAsync"/>.</summary>
    public Task<bool> ReportAsync(ClaimedJob job, string stage, int progress, CancellationToken cancellationToken) => ChangeAsync(
        job,
        new Change("running", "processing") { Stage = stage, Progress = progress, Lease = _options.Lease },
        cancellationToken);

    /// <summary>Back to the queue at once; the attempt does not count. For a worker that stops.</summary>
    public Task<bool> ReleaseAsync(ClaimedJob job, CancellationToken cancellationToken) =>
        ChangeAsync(job, new Change("queued", "queued") { CountAttempt = false }, cancellationToken);

    /// <summary>Records a failure: retries or parks as <paramref name="kind"/> and the number of attempts say.</summary>
    public async Task<FailureOutcome> FailAsync(ClaimedJob job, FailureKind kind, Problem problem, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(problem);
        var retry = kind == FailureKind.Passing && job.Attempt < _options.MaxAttempts;
        var change = retry
            ? new Change("queued", "queued") { Problem = problem, Failed = true, Wait = RetryWait.After(job.Attempt, Random.Shared.NextDouble()) }
            : new Change("parked", "failed") { Problem = problem, Failed = true };
        return !await ChangeAsync(job, change, cancellationToken)
            ? FailureOutcome.Lost
            : retry ? FailureOutcome.Retried : FailureOutcome.Parked;
    }

    /// <summary>
    /// The last step of a job, within the caller's transaction: marks it done, makes its generation the searched one, tells indexes and
    /// clients. Older generations stay for the sweeper: removing ten thousand chunks here would hold the job's row for as long as that takes.
    /// False: the lease was lost; the caller must roll back.
    /// </summary>
    public static async Task<bool> CompleteAsync(NpgsqlConnection connection, ClaimedJob job, CompletedGeneration result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(result);
        await using (var fence = connection.CreateBatch())
        {
            fence.Then("select 1 from documents where id = $1 for no key update", job.Document.Value);
            fence.Then(
                """
                update jobs set state = 'done', stage = null, lease_until = null, problem_code = null, problem = null, finished = now()
                where id = $1 and generation = $2 and state = 'running'
                """,
                job.Id.Value,
                job.Generation);
            await fence.ExecuteNonQueryAsync(cancellationToken);
            if (fence.BatchCommands[1].RecordsAffected != 1)
            {
                return false;
            }
        }

        var state = result.AwaitsIndex ? (Status: "processing", Stage: IndexStage, Progress: IndexProgress) : (Status: "ready", Stage: (string?)null, Progress: 100);
        await using var batch = connection.CreateBatch();
        batch.Timeout = (int)SqlExtensions.RemovalTimeout.TotalSeconds;
        batch.Then(
            """
            update documents set status = $8, stage = $9::text, progress = $10, problem_code = null, problem = null, active_generation = $2,
                chunk_count = $3, page_count = $4::int, media_type = $5, title = coalesce(given_title, $6::text), warnings = $7,
                updated = now(), ready_at = case when $8 = 'ready' then now() end
            where id = $1
            """,
            job.Document.Value,
            job.Generation,
            result.Chunks,
            result.Pages,
            StorableText.Clean(result.MediaType),
            result.Title is { } title ? StorableText.Clean(title) : null,
            new Json(System.Text.Json.JsonSerializer.Serialize(result.Warnings.Select(StorableText.Clean))),
            state.Status,
            state.Stage,
            state.Progress);
        DocumentEvents.Append(
            batch,
            new EventToAppend(job.Collection, job.Document, job.Name, state.Status, state.Stage, state.Progress, ChangesIndex: true, Generation: job.Generation));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <summary>Wakes indexes and clients; after the transaction of <see cref="CompleteAsync"/> is committed.</summary>
    public void SignalCompleted(ClaimedJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        signals.Signal(StorageChannels.IndexChanges, job.Collection.ToString());
        signals.Signal(StorageChannels.DocumentEvents, job.Collection.ToString());
    }

    /// <summary>Workers that have jobs, but whose <see cref="WorkerPresence"/> is not to be seen.</summary>
    public Task<List<string>> FindAbsentWorkersAsync(CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select distinct worker from jobs j where state = 'running' and worker like '%#%' and not exists (
                    select from pg_locks l
                    where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())
                      and l.classid = $1 and l.objid = split_part(j.worker, '#', 2)::bigint and l.objsubid = 2)
                """,
                (long)WorkerPresence.LockClass)
            .ListAsync(row => row.GetString(0), token),
        cancellationToken);

    /// <summary>
    /// Puts jobs whose lease ran out back into the queue; the attempt does not count. Returns how many. A job that another transaction
    /// holds, its own completion for instance, is left for the next time, and one that fails does not keep the others waiting.
    /// </summary>
    /// <param name="absentWorkers">Workers whose jobs are taken although their lease still runs.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<int> ReclaimAsync(IReadOnlyCollection<string> absentWorkers, CancellationToken cancellationToken)
    {
        string[] absent = [.. absentWorkers];
        var expired = await database.ReadAsync(
            (connection, token) => connection.Sql(
                    """
                    select j.id, j.generation, j.collection_id, j.document_id, j.attempts, j.losses, j.trace_parent, j.created,
                        d.name, d.given_title, d.media_type, d.sha256, d.size_bytes, c.settings::text
                    from jobs j join documents d on d.id = j.document_id join collections c on c.id = j.collection_id
                    where j.state = 'running' and (j.lease_until < now() or j.worker = any($1))
                    order by j.lease_until, j.id limit 100 for no key update of j skip locked
                    """,
                    // As an object: a lone array of references would be taken for the list of values.
                    (object)absent)
                .ListAsync(Map, token),
            cancellationToken);
        var reclaimed = 0;
        RagException? failure = null;
        foreach (var job in expired)
        {
            var change = job.Losses + 1 < MaxLosses
                ? new Change("queued", "queued") { CountAttempt = false, CountLoss = true, OnlyLeftBy = absent, Wait = RetryWait.AfterLoss(job.Losses + 1) }
                : new Change("parked", "failed")
                {
                    CountLoss = true,
                    OnlyLeftBy = absent,
                    Failed = true,
                    Problem = new Problem("worker-lost", $"The worker ended {MaxLosses} times while it processed this document. Look at its log, then try again."),
                };
            try
            {
                if (await ChangeAsync(job, change, cancellationToken))
                {
                    reclaimed++;
                }
            }
            catch (RagException e)
            {
                failure ??= e;
            }
        }

        return reclaimed > 0 || failure is null ? reclaimed : throw failure;
    }

    /// <summary>What the queue holds now.</summary>
    public async Task<QueueDepth> DepthAsync(CancellationToken cancellationToken) => (await database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select count(*) filter (where state = 'queued'), count(*) filter (where state = 'running'), count(*) filter (where state = 'parked'),
                    coalesce(extract(epoch from now() - min(created) filter (where state = 'queued')), 0)::double precision
                from jobs where state in ('queued', 'running', 'parked')
                """)
            .FirstAsync(row => new QueueDepth(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), TimeSpan.FromSeconds(row.GetDouble(3))), token),
        cancellationToken))!;

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
                    change.OnlyLeftBy);
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

    private static ClaimedJob Map(NpgsqlDataReader row) => new()
    {
        Id = new JobId(row.GetGuid(0)),
        Generation = row.GetInt64(1),
        Collection = new CollectionId(row.GetGuid(2)),
        Document = new DocumentId(row.GetGuid(3)),
        Attempt = row.GetInt32(4),
        Losses = row.GetInt32(5),
        TraceParent = row.Nullable<string>(6),
        Created = row.GetFieldValue<DateTimeOffset>(7),
        Name = row.GetString(8),
        GivenTitle = row.Nullable<string>(9),
        MediaType = row.Nullable<string>(10),
        Sha256 = row.GetFieldValue<byte[]>(11),
        SizeBytes = row.GetInt64(12),
        Settings = CollectionService.ReadSettings(row.GetString(13)),
    };

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

        /// <summary>Only when the lease ran out, or one of these has it; null: whoever has it.</summary>
        public string[]? OnlyLeftBy { get; init; }
    }
}
