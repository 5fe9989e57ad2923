using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

/// <summary>
/// Pauses and resumes the queue, as a whole and by collection, and says how it stands. A pause is a row in the database: every worker sees
/// it with its next claim, and it outlives restarts. Jobs in work finish. Thread-safe.
/// </summary>
public sealed class QueueControl(Database database, StorageSignals signals)
{
    /// <summary>Nothing is claimed from then on. Repeating it changes nothing.</summary>
    /// <param name="collection">Null: the whole queue.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task PauseAsync(CollectionId? collection, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                insert into queue_pauses (collection_id)
                select $1::uuid where $1::uuid is null or exists (select from collections where id = $1::uuid and name is not null)
                on conflict (collection_id) do nothing
                """,
                collection?.Value)
            .RunAsync(token),
        cancellationToken);

    /// <summary>Work goes on. A collection that was paused by itself stays so when the whole queue is resumed.</summary>
    /// <param name="collection">Null: the whole queue.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task ResumeAsync(CollectionId? collection, CancellationToken cancellationToken)
    {
        await database.ReadAsync(
            (connection, token) => connection.Sql("delete from queue_pauses where collection_id is not distinct from $1::uuid", collection?.Value).RunAsync(token),
            cancellationToken);
        signals.Signal(StorageChannels.Jobs, collection?.ToString() ?? "");
    }

    /// <summary>
    /// Documents that wait although no worker lives; 0 while one does. What is paused waits on purpose. Workers tell the queue's depth
    /// themselves, so that somebody else has to tell that there is none.
    /// </summary>
    public Task<long> CountUnattendedAsync(CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select case when exists (
                    select from pg_locks l
                    where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())
                      and l.classid = $1 and l.objsubid = 2 and l.granted) then 0
                else (
                    select count(*) from jobs j
                    where j.state = 'queued' and not exists (select from queue_pauses p where p.collection_id is null or p.collection_id = j.collection_id)) end
                """,
                (long)AdvisoryLocks.WorkerPresence)
            .ScalarAsync<long>(token),
        cancellationToken);

    /// <summary>How the queue stands.</summary>
    /// <param name="only">The collections to look at; null: every one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<QueueState> GetAsync(IReadOnlyCollection<CollectionId>? only, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) =>
        {
            var paused = await connection.Sql("select paused from queue_pauses where collection_id is null")
                .FirstAsync<DateTimeOffset?>(row => row.GetFieldValue<DateTimeOffset>(0), token);
            // One part for each state, as each state has its own index; those that are done are many.
            var collections = await connection.Sql(
                    """
                    select c.name, p.paused, count(*) filter (where o.state = 'queued'), count(*) filter (where o.state = 'running'),
                        count(*) filter (where o.state = 'parked'),
                        coalesce(extract(epoch from now() - min(o.created) filter (where o.state = 'queued')), 0)::double precision
                    from collections c
                    left join queue_pauses p on p.collection_id = c.id
                    left join (
                        select collection_id, state, created from jobs where state = 'queued'
                        union all select collection_id, state, created from jobs where state = 'running'
                        union all select collection_id, state, created from jobs where state = 'parked') o on o.collection_id = c.id
                    where c.name is not null and ($1::uuid[] is null or c.id = any($1::uuid[])) and (o.state is not null or p.paused is not null)
                    group by c.name, p.paused order by c.name
                    """,
                    only?.Select(id => id.Value).ToArray())
                .ListAsync(
                    row => new CollectionQueue(
                        row.GetString(0), row.NullableValue<DateTimeOffset>(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), TimeSpan.FromSeconds(row.GetDouble(5))),
                    token);
            return new QueueState(paused, collections);
        },
        cancellationToken);
}

/// <summary>How the queue stands.</summary>
/// <param name="Paused">Since when the whole queue is paused; null: it is not.</param>
/// <param name="Collections">Those that have jobs waiting, running or parked, or are paused; by name.</param>
public sealed record QueueState(DateTimeOffset? Paused, IReadOnlyList<CollectionQueue> Collections);

/// <summary>What the queue holds of one collection.</summary>
/// <param name="Name">The collection.</param>
/// <param name="Paused">Since when it is paused by itself; null: it is not.</param>
/// <param name="Queued">Jobs that wait.</param>
/// <param name="Running">Jobs in work.</param>
/// <param name="Parked">Jobs that failed and wait for a person.</param>
/// <param name="OldestAge">Since the oldest of the waiting was made; zero when none waits.</param>
public sealed record CollectionQueue(string Name, DateTimeOffset? Paused, long Queued, long Running, long Parked, TimeSpan OldestAge);
