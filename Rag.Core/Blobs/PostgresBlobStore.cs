using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Blobs;

/// <summary>
/// Originals as rows of the database, in parts. An upload is written part by part under an id of its own; its commit is the row that gives
/// it a name. What no name refers to any more stays for a while, so that whoever reads it comes to its end.
/// </summary>
internal sealed class PostgresBlobStore(Database database, IOptions<BlobOptions> options) : IBlobStore
{
    /// <summary>Bytes of a part: what one reader or writer holds in memory.</summary>
    public const int PartSize = 512 * 1024;

    /// <summary>Bytes of the parts that are there, for a row of <c>blob_contents</c> named <c>c</c>; reads their lengths alone.</summary>
    public const string HeldBytes = "(select coalesce(sum(octet_length(p.data)), 0)::bigint from blob_parts p where p.upload_id = c.upload_id)";

    private const int ListPage = 500;

    // The parts of one are as many as its size asks for; a removed collection leaves all of its originals at once.
    private const int RemovedAtOnce = 20;

    private readonly long _maxBytes = options.Value.MaxFileMiB * 1024L * 1024L;

    public async Task<IStagedBlob> StageAsync(CollectionId collection, Stream content, CancellationToken cancellationToken)
    {
        var upload = new PostgresUpload(database, collection, _maxBytes);
        try
        {
            await upload.WriteAsync(content, cancellationToken);
            return upload;
        }
        catch
        {
            await upload.DisposeAsync();
            throw;
        }
    }

    public Task<Stream?> OpenAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                "select upload_id, size_bytes from blob_contents where collection_id = $1 and sha256 = $2", collection.Value, sha256.ToArray())
            .FirstAsync<Stream?>(r => new PostgresBlobStream(database, r.GetGuid(0), r.GetInt64(1)), token),
        cancellationToken);

    public async Task<IReadOnlyList<long?>> MeasureAsync(IReadOnlyList<BlobName> originals, CancellationToken cancellationToken) => await database.ReadAsync(
        (connection, token) => connection.Sql(
                $"""
                select case when c.upload_id is not null then {HeldBytes} end
                from unnest($1::uuid[], $2::bytea[]) with ordinality as f(collection_id, sha256, n)
                left join blob_contents c on c.collection_id = f.collection_id and c.sha256 = f.sha256
                order by f.n
                """,
                originals.Select(static name => name.Collection.Value).ToArray(),
                originals.Select(static name => name.Sha256.ToArray()).ToArray())
            .ListAsync(static r => r.NullableValue<long>(0), token),
        cancellationToken);

    public Task<bool> ExistsAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                "select exists (select 1 from blob_contents where collection_id = $1 and sha256 = $2)", collection.Value, sha256.ToArray())
            .ScalarAsync<bool>(token),
        cancellationToken);

    public Task DeleteAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken) =>
        UnnameAsync("collection_id = $1 and sha256 = $2", [collection.Value, sha256.ToArray()], cancellationToken);

    public Task DeleteCollectionAsync(CollectionId collection, CancellationToken cancellationToken) =>
        UnnameAsync("collection_id = $1", [collection.Value], cancellationToken);

    public Task<IReadOnlyList<CollectionId>> ListCollectionsAsync(DateTimeOffset unchangedSince, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<CollectionId>>(
            async (connection, token) => await connection.Sql(
                    "select collection_id from blob_contents group by collection_id having max(written) <= $1", unchangedSince)
                .ListAsync(static r => new CollectionId(r.GetGuid(0)), token),
            cancellationToken);

    public async IAsyncEnumerable<BlobEntry> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (collection, sha256) = (Guid.Empty, Array.Empty<byte>());
        while (true)
        {
            var page = await database.ReadAsync(
                (connection, token) => connection.Sql(
                        """
                        select collection_id, sha256, size_bytes, written from blob_contents
                        where (collection_id, sha256) > ($1, $2) order by collection_id, sha256 limit $3
                        """,
                        collection,
                        sha256,
                        ListPage)
                    .ListAsync(static r => new BlobEntry(new CollectionId(r.GetGuid(0)), r.GetFieldValue<byte[]>(1), r.GetInt64(2), r.GetFieldValue<DateTimeOffset>(3)), token),
                cancellationToken);
            foreach (var entry in page)
            {
                yield return entry;
            }

            if (page.Count < ListPage)
            {
                yield break;
            }

            (collection, sha256) = (page[^1].Collection.Value, page[^1].Sha256.ToArray());
        }
    }

    public async Task<int> RemoveLeftoversAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        var total = 0;
        int count;
        do
        {
            count = await database.ReadAsync(
                (connection, token) =>
                {
                    var command = connection.Sql(
                        """
                        delete from blob_uploads where id in (
                            select id from blob_uploads u
                            where touched < now() - $1::interval and not exists (select 1 from blob_contents c where c.upload_id = u.id)
                            limit $2)
                        """,
                        age,
                        RemovedAtOnce);
                    command.CommandTimeout = (int)SqlExtensions.RemovalTimeout.TotalSeconds;
                    return command.RunAsync(token);
                },
                cancellationToken);
            total += count;
        }
        while (count == RemovedAtOnce);

        return total;
    }

    // The store is the installation.
    public Task<bool> BelongsToAsync(Guid installation, CancellationToken cancellationToken) => Task.FromResult(true);

    // The database has a check of its own.
    public Task<string?> CheckAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    // The parts go with the leftovers, so that an original that is open stays readable until then.
    private Task<int> UnnameAsync(string which, object[] values, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                $"""
                with gone as (delete from blob_contents where {which} returning upload_id)
                update blob_uploads set touched = now() where id in (select upload_id from gone)
                """,
                values)
            .RunAsync(token),
        cancellationToken);
}
