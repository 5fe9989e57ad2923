using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

public sealed partial class JobQueue
{
    // A document whose worker vanishes every time must not go round for ever; single crashes and deployments must not park it.
    private const int MaxLosses = 20;

    /// <summary>Workers that have jobs, but whose <see cref="WorkerPresence"/> is not to be seen.</summary>
    public Task<List<string>> FindAbsentWorkersAsync(CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select distinct worker from jobs j where state = 'running' and worker like '%#%' and not exists (
                    select from pg_locks l
                    where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())
                      and l.classid = $1 and l.objid = split_part(j.worker, '#', 2)::bigint and l.objsubid = 2)
                """,
                (long)AdvisoryLocks.WorkerPresence)
            .ListAsync(row => row.GetString(0), token),
        cancellationToken);

    /// <summary>
    /// Whether this is the one worker that tells what is true of the whole database: of those that live the one with the smallest number.
    /// Everybody would say the same, and who adds up what processes say would count it once for each.
    /// </summary>
    public Task<bool> SpeaksForAllAsync(string worker, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select min(l.objid::bigint) is not distinct from nullif(split_part($2, '#', 2), '')::bigint and $2 like '%#%'
                from pg_locks l
                where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())
                  and l.classid = $1 and l.objsubid = 2 and l.granted
                """,
                (long)AdvisoryLocks.WorkerPresence,
                worker)
            .ScalarAsync<bool>(token),
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
                        d.name, d.given_title, d.media_type, d.sha256, d.size_bytes, c.settings::text,
                        coalesce(now() - j.first_failed, interval '0')
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
            try
            {
                if (await ChangeAsync(job, AfterLoss(job) with { OnlyLeftBy = absent }, cancellationToken))
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

    /// <summary>Back to the queue after the database session broke in the middle of the work, which counts like a worker that vanished.</summary>
    public Task<bool> InterruptedAsync(ClaimedJob job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        return ChangeAsync(job, AfterLoss(job), cancellationToken);
    }

    private static Change AfterLoss(ClaimedJob job) => job.Losses + 1 < MaxLosses
        ? new Change("queued", "queued") { CountAttempt = false, CountLoss = true, Wait = RetryWait.AfterLoss(job.Losses + 1) }
        : new Change("parked", "failed")
        {
            CountLoss = true,
            Failed = true,
            Problem = new Problem(
                "worker-lost",
                $"The worker, or its connection to the database, ended {MaxLosses} times while it processed this document. Look at its log, then try again."),
        };
}
