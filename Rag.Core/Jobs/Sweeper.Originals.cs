using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

public sealed partial class Sweeper
{
    /// <summary>
    /// Originals that no document has referred to for a day: first marked, later removed. A submission of the same content locks the
    /// same row and clears the mark, so that it either comes before the removal, which then does not happen, or writes the file anew.
    /// </summary>
    private async Task<int> RemoveBlobsAsync(SweepAges ages, CancellationToken cancellationToken)
    {
        // A mark may have been set while a submission that cleared it was on its way: its time does not count once there is a document.
        await RunAsync(
            """
            update blobs b set unreferenced_since = null
            where unreferenced_since is not null
              and exists (select from documents d where d.collection_id = b.collection_id and d.sha256 = b.sha256)
            """,
            cancellationToken);
        await RunAsync(
            """
            update blobs b set unreferenced_since = now()
            where unreferenced_since is null
              and not exists (select from documents d where d.collection_id = b.collection_id and d.sha256 = b.sha256)
            """,
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
        await RequireOwnStoreAsync(cancellationToken);
        var removed = 0;
        var before = clock.GetUtcNow() - ages.Originals;
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

    // What is unknown here may be all that another installation has.
    private async Task RequireOwnStoreAsync(CancellationToken cancellationToken)
    {
        var installation = await database.ReadAsync((connection, token) => connection.Sql("select id from installation").ScalarAsync<Guid>(token), cancellationToken);
        if (!await blobs.BelongsToAsync(installation, cancellationToken))
        {
            throw new RagException(
                StoreFault.Away,
                $"The store of originals is another installation's ('{BlobLayout.Owner}' in it says whose), so nothing that is unknown here is removed from it. Give each a folder of its own (Rag:Blobs:Path, or S3:Bucket and Prefix); "
                + $"where this is the only one, remove '{BlobLayout.Owner}'.");
        }
    }

    /// <summary>What a removed collection left of its folder; its files went before, as files without a row.</summary>
    private async Task<int> RemoveFoldersAsync(SweepAges ages, CancellationToken cancellationToken)
    {
        await RequireOwnStoreAsync(cancellationToken);
        // Old ones only: a restore writes originals before the rows that name them.
        var found = await blobs.ListCollectionsAsync(clock.GetUtcNow() - ages.Originals, cancellationToken);
        var known = await database.ReadAsync(
            (connection, token) => connection.Sql("select id from collections where id = any($1)", (object)found.Select(id => id.Value).ToArray())
                .ListAsync(row => new CollectionId(row.GetGuid(0)), token),
            cancellationToken);
        var gone = found.Except(known).ToList();
        foreach (var collection in gone)
        {
            await blobs.DeleteCollectionAsync(collection, cancellationToken);
        }

        return gone.Count;
    }

}
