using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

public sealed partial class JobQueue
{
    private readonly Turns _turns = new();

    /// <summary>Takes the next job; null when none is due, or the queue is paused.</summary>
    public Task<ClaimedJob?> ClaimAsync(string worker, CancellationToken cancellationToken) => ClaimAsync(worker, [], cancellationToken);

    /// <summary>
    /// Takes the next job. Collections take turns: the one with the fewest jobs in work, among those the one that waited longest, so that
    /// ten thousand documents of one do not keep another's single document waiting. Within a collection what was sent by itself comes before
    /// what is one of several, and that before what is one of many, the older first; every eighth job of a collection begins further down.
    /// </summary>
    /// <param name="worker">Who takes it.</param>
    /// <param name="except">Collections that have as much of this worker as they may.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Null when none is due, or everything that is belongs to what is paused or excepted.</returns>
    public async Task<ClaimedJob?> ClaimAsync(string worker, IReadOnlyCollection<CollectionId> except, CancellationToken cancellationToken)
    {
        var job = await ClaimAsync(worker, except, _turns.Next(Random.Shared), cancellationToken);
        if (job is not null)
        {
            _turns.Take(job.Collection);
        }

        return job;
    }

    // The claim does not wait for the disk. When the server crashes before it is there, the job is queued again and the number may come
    // again, but nothing was stored under it: every later commit flushes this one too. A worker that goes on with it can at most finish
    // the same job, with the same content, before the one that claimed it anew.
    // The recursion jumps from collection to collection in the index of waiting jobs: what is read does not grow with their number.
    private Task<ClaimedJob?> ClaimAsync(string worker, IReadOnlyCollection<CollectionId> except, NextTurns next, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (connection, token) => connection.Sql(
                    """
                    with recursive waiting(collection_id) as (
                        (select collection_id from jobs where state = 'queued' order by collection_id limit 1)
                        union all
                        select (select j.collection_id from jobs j where j.state = 'queued' and j.collection_id > w.collection_id order by j.collection_id limit 1)
                        from waiting w where w.collection_id is not null),
                    busy as materialized (select collection_id, count(*) as jobs from jobs where state = 'running' group by collection_id),
                    turns as materialized (
                        select w.collection_id, coalesce(($5::smallint[])[array_position($4, w.collection_id)], $6) as begins
                        from waiting w join collections c on c.id = w.collection_id and c.name is not null left join busy b on b.collection_id = w.collection_id
                        where w.collection_id <> all ($3) and not exists (select from queue_pauses p where p.collection_id is null or p.collection_id = w.collection_id)
                        order by coalesce(b.jobs, 0), coalesce(array_position($4, w.collection_id), 0), w.collection_id),
                    next as (
                        select coalesce(first.id, rest.id) as id from turns t
                        left join lateral (
                            select j.id from jobs j
                            where j.state = 'queued' and j.collection_id = t.collection_id and j.priority >= t.begins and j.available_at <= now()
                            order by j.priority, j.available_at, j.id limit 1 for no key update skip locked) first on true
                        left join lateral (
                            select j.id from jobs j
                            where first.id is null and j.state = 'queued' and j.collection_id = t.collection_id and j.priority < t.begins and j.available_at <= now()
                            order by j.priority, j.available_at, j.id limit 1 for no key update skip locked) rest on true
                        where coalesce(first.id, rest.id) is not null
                        limit 1)
                    update jobs j set state = 'running', generation = nextval('generation_numbers'), worker = $1, attempts = j.attempts + 1,
                        lease_until = now() + $2, stage = null
                    from next, documents d, collections c, (select set_config('synchronous_commit', 'off', true)) as quick
                    where j.id = next.id and d.id = j.document_id and c.id = j.collection_id
                    returning j.id, j.generation, j.collection_id, j.document_id, j.attempts, j.losses, j.trace_parent, j.created,
                        d.name, d.given_title, d.media_type, d.sha256, d.size_bytes, c.settings::text,
                        coalesce(now() - j.first_failed, interval '0')
                    """,
                    worker,
                    _options.Lease,
                    except.Select(id => id.Value).ToArray(),
                    next.Served,
                    next.Begin,
                    next.BeginOfOthers)
                .FirstAsync(Map, token),
            cancellationToken);

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
        FailingFor = row.GetFieldValue<TimeSpan>(14),
    };
}
