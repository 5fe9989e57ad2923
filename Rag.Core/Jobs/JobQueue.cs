using Microsoft.Extensions.Options;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

/// <summary>
/// The durable queue. Who owns a job is decided in SQL by the database's clock and the generation number of the claim; a worker that
/// lost its lease cannot change anything any more. Locks are taken in the order document, job, counters. Thread-safe.
/// </summary>
public sealed partial class JobQueue(Database database, StorageSignals signals, IOptions<JobOptions> options)
{
    /// <summary>Stage of a document whose job is done and that waits for an index outside of the database.</summary>
    public const string IndexStage = "index";

    private const int IndexProgress = 95;

    private readonly JobOptions _options = options.Value;

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
    /// <param name="job">The job.</param>
    /// <param name="kind">Whose fault it is.</param>
    /// <param name="problem">What to tell a person.</param>
    /// <param name="stage">Where the work stood.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<FailureOutcome> FailAsync(
        ClaimedJob job, FailureKind kind, Problem problem, string stage, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(problem);
        // An outage is over when it is over, however many attempts fall into it: five would park a whole queue within minutes.
        var retry = (kind is FailureKind.Passing or FailureKind.Dependency && job.Attempt < _options.MaxAttempts)
            || (kind == FailureKind.Dependency && job.FailingFor < _options.DependencyPatience);
        var change = retry
            ? new Change("queued", "queued") { Problem = problem, FailedStage = stage, Failed = true, Wait = RetryWait.After(job.Attempt, Random.Shared.NextDouble()) }
            : new Change("parked", "failed") { Problem = problem, FailedStage = stage, Failed = true };
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

    /// <summary>What the queue holds now.</summary>
    public async Task<QueueDepth> DepthAsync(CancellationToken cancellationToken) => (await database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select count(*) filter (where state = 'queued'), count(*) filter (where state = 'running'), count(*) filter (where state = 'parked'),
                    coalesce(extract(epoch from now() - min(created) filter (where state = 'queued')), 0)::double precision
                from (
                    select state, created from jobs where state = 'queued'
                    union all select state, created from jobs where state = 'running'
                    union all select state, created from jobs where state = 'parked') as open
                """)
            .FirstAsync(row => new QueueDepth(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), TimeSpan.FromSeconds(row.GetDouble(3))), token),
        cancellationToken))!;
}
