using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

/// <summary>Removes what crashes, supersessions and time leave behind. Any number of processes may have one; one of them sweeps at a time.</summary>
public sealed partial class Sweeper(Database database, IBlobStore blobs, IOptions<JobOptions> options, ILogger<Sweeper> logger)
{
    private const long LockKey = 0x5241_4700_0002;
    private const int BatchSize = 500;

    /// <summary>Sweeps once. Null when another process is sweeping.</summary>
    /// <param name="ages">What is old enough.</param>
    /// <param name="includeFiles">Whether to look at every file of the store too, which takes its time where there are many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<SweepResult?> SweepAsync(SweepAges ages, bool includeFiles, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ages);
        // Held by the session: a process that dies lets go of it.
        return await database.ReadAsync(
            async (connection, token) =>
            {
                if (!await connection.Sql("select pg_try_advisory_lock($1)", LockKey).ScalarAsync<bool>(token))
                {
                    return null;
                }

                try
                {
                    var result = new SweepResult(
                        await RemoveGenerationsAsync(connection, token),
                        await RemoveRowsAsync(connection, ages, token),
                        await RemoveBlobsAsync(ages, token),
                        includeFiles ? await RemoveFilesAsync(ages, token) : 0);
                    LogSwept(logger, result.Generations, result.Rows, result.Originals, result.Files);
                    return result;
                }
                finally
                {
                    if (connection.FullState == System.Data.ConnectionState.Open)
                    {
                        await connection.Sql("select pg_advisory_unlock($1)", LockKey).RunAsync(CancellationToken.None);
                    }
                }
            },
            cancellationToken);
    }

    /// <summary>Generations that nobody activated and nobody is writing any more.</summary>
    private Task<int> RemoveGenerationsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => RepeatAsync(
        connection,
        """
        delete from generations where (document_id, generation) in (
            select g.document_id, g.generation from generations g join documents d on d.id = g.document_id
            where g.generation is distinct from d.active_generation and g.created < now() - $1
              and not exists (select from jobs j where j.document_id = g.document_id and j.generation = g.generation and j.state = 'running')
            limit 20)
        """,
        20,
        options.Value.Lease * 2,
        cancellationToken);

    private static async Task<int> RemoveRowsAsync(NpgsqlConnection connection, SweepAges ages, CancellationToken cancellationToken) =>
        await RepeatAsync(
            connection,
            $"delete from document_events where (collection_id, seq) in (select collection_id, seq from document_events where at < now() - $1 limit {BatchSize})",
            BatchSize,
            ages.Events,
            cancellationToken)
        // An index that is further behind finds the gap and reads the collection anew.
        + await RepeatAsync(
            connection,
            $"delete from index_changes where (collection_id, seq) in (select collection_id, seq from index_changes where created < now() - $1 limit {BatchSize})",
            BatchSize,
            ages.IndexChanges,
            cancellationToken)
        + await RepeatAsync(
            connection,
            $"delete from jobs where id in (select id from jobs where state in ('done', 'superseded') and finished < now() - $1 limit {BatchSize})",
            BatchSize,
            ages.Jobs,
            cancellationToken)
        + await connection.Sql("delete from idempotency_keys where created < now() - $1", ages.IdempotencyKeys).RunAsync(cancellationToken)
        + await connection.Sql("delete from sessions where expires < now()").RunAsync(cancellationToken)
        // The row of a used one is what keeps it used: while the token is still configured, a start without the row would make it good anew.
        + await connection.Sql(
                "delete from sign_in_tokens where (used is null and expires < now() - $1) or expires < now() - $2", ages.IdempotencyKeys, ages.UsedSignInTokens)
            .RunAsync(cancellationToken);

    /// <summary>
    /// Originals that no document has referred to for a day: first marked, later removed. A submission of the same content locks the
    /// same row and clears the mark, so that it either comes before the removal, which then does not happen, or writes the file anew.
    /// </summary>
    private async Task<int> RemoveBlobsAsync(SweepAges ages, CancellationToken cancellationToken)
    {
        await database.ReadAsync(
            (connection, token) => connection.Sql(
                    """
                    update blobs b set unreferenced_since = now()
                    where unreferenced_since is null
                      and not exists (select from documents d where d.collection_id = b.collection_id and d.sha256 = b.sha256)
                    """)
                .RunAsync(token),
            cancellationToken);
        var candidates = await database.ReadAsync(
            (connection, token) => connection.Sql("select collection_id, sha256 from blobs where unreferenced_since <= now() - $1 limit 10000", ages.Originals)
                .ListAsync(row => (Collection: new CollectionId(row.GetGuid(0)), Sha256: row.GetFieldValue<byte[]>(1)), token),
            cancellationToken);
        var removed = 0;
        foreach (var (collection, sha256) in candidates)
        {
            removed += await database.TransactionAsync(
                async (connection, token) =>
                {
                    var rows = await connection.Sql(
                            """
                            delete from blobs b where collection_id = $1 and sha256 = $2 and unreferenced_since <= now() - $3
                              and not exists (select from documents d where d.collection_id = b.collection_id and d.sha256 = b.sha256)
                            """,
                            collection.Value,
                            sha256,
                            ages.Originals)
                        .RunAsync(token);
                    if (rows == 1)
                    {
                        await blobs.DeleteAsync(collection, sha256, token);
                    }

                    return rows;
                },
                cancellationToken);
        }

        return removed;
    }

    /// <summary>Files without a row: a submission ended between rename and commit, or a collection's folder was removed only in part.</summary>
    private async Task<int> RemoveFilesAsync(SweepAges ages, CancellationToken cancellationToken)
    {
        var removed = await blobs.RemoveLeftoversAsync(ages.Uploads, cancellationToken);
        var before = DateTimeOffset.UtcNow - ages.Originals;
        await foreach (var batch in blobs.ListAsync(cancellationToken).Where(blob => blob.Written <= before).Chunk(BatchSize).WithCancellation(cancellationToken))
        {
            foreach (var blob in await WithoutRowAsync(batch, cancellationToken))
            {
                removed += await RemoveFileAsync(blob, cancellationToken);
            }
        }

        return removed;
    }

    private Task<List<BlobEntry>> WithoutRowAsync(BlobEntry[] batch, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select f.n from unnest($1::uuid[], $2::bytea[]) with ordinality as f(collection_id, sha256, n)
                where not exists (select from blobs b where b.collection_id = f.collection_id and b.sha256 = f.sha256)
                """,
                batch.Select(blob => blob.Collection.Value).ToArray(),
                batch.Select(blob => blob.Sha256.ToArray()).ToArray())
            .ListAsync(row => batch[(int)row.GetInt64(0) - 1], token),
        cancellationToken);

    private Task<int> RemoveFileAsync(BlobEntry blob, CancellationToken cancellationToken) => database.TransactionAsync(
        async (connection, token) =>
        {
            // Inserting takes the lock that a submission of the same content needs: it waits, then writes the file anew.
            // A collection that is gone gives no row to insert, and nobody can submit to it any more.
            var inserted = await connection.Sql(
                    """
                    insert into blobs (collection_id, sha256, size_bytes)
                    select id, $2, $3 from collections where id = $1
                    on conflict (collection_id, sha256) do nothing
                    """,
                    blob.Collection.Value,
                    blob.Sha256,
                    blob.SizeBytes)
                .RunAsync(token);
            var exists = inserted == 1
                || await connection.Sql("select exists (select from collections where id = $1)", blob.Collection.Value).ScalarAsync<bool>(token);
            if (inserted == 0 && exists)
            {
                return 0;
            }

            await blobs.DeleteAsync(blob.Collection, blob.Sha256, token);
            await connection.Sql("delete from blobs where collection_id = $1 and sha256 = $2", blob.Collection.Value, blob.Sha256).RunAsync(token);
            return 1;
        },
        cancellationToken);

    private static async Task<int> RepeatAsync(NpgsqlConnection connection, string sql, int batch, TimeSpan age, CancellationToken cancellationToken)
    {
        var total = 0;
        int rows;
        do
        {
            rows = await connection.Sql(sql, age).RunAsync(cancellationToken);
            total += rows;
        }
        while (rows >= batch);

        return total;
    }

    [LoggerMessage(2101, LogLevel.Debug, "Swept {Generations} generations, {Rows} old rows, {Originals} originals, {Files} files")]
    private static partial void LogSwept(ILogger logger, int generations, int rows, int originals, int files);
}

/// <summary>How old things must be before they go.</summary>
public sealed record SweepAges
{
    /// <summary>Originals that nothing refers to.</summary>
    public TimeSpan Originals { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Unfinished uploads, since their last byte.</summary>
    public TimeSpan Uploads { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Events of documents.</summary>
    public TimeSpan Events { get; init; } = TimeSpan.FromHours(24);

    /// <summary>What indexes follow.</summary>
    public TimeSpan IndexChanges { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Answers kept for repeated requests.</summary>
    public TimeSpan IdempotencyKeys { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Sign-in tokens that opened a session, since their expiry; unused ones go with the answers.</summary>
    public TimeSpan UsedSignInTokens { get; init; } = TimeSpan.FromDays(365);

    /// <summary>Jobs that are done.</summary>
    public TimeSpan Jobs { get; init; } = TimeSpan.FromDays(7);
}

/// <summary>What one sweep removed.</summary>
public sealed record SweepResult(int Generations, int Rows, int Originals, int Files);
