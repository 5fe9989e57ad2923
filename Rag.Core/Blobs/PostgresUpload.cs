using System.Buffers;
using System.Security.Cryptography;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Blobs;

/// <summary>One original on its way into the database.</summary>
internal sealed class PostgresUpload(Database database, CollectionId collection, long maxBytes) : IStagedBlob
{
    private readonly Guid _id = Guid.CreateVersion7();

    public ReadOnlyMemory<byte> Sha256 { get; private set; }

    public long SizeBytes { get; private set; }

    /// <summary>Reads to the end, a part at a time; each part is its own transaction, so that a slow sender holds no connection.</summary>
    public async Task WriteAsync(Stream content, CancellationToken cancellationToken)
    {
        await database.ReadAsync((connection, token) => connection.Sql("insert into blob_uploads (id) values ($1)", _id).RunAsync(token), cancellationToken);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(PostgresBlobStore.PartSize);
        try
        {
            for (var part = 0; ; part++)
            {
                var length = await content.ReadAtLeastAsync(buffer.AsMemory(0, PostgresBlobStore.PartSize), PostgresBlobStore.PartSize, throwOnEndOfStream: false, cancellationToken);
                if (length == 0)
                {
                    break;
                }

                SizeBytes += length;
                if (SizeBytes > maxBytes)
                {
                    throw StoreFault.TooLarge(maxBytes);
                }

                hash.AppendData(buffer, 0, length);
                await WritePartAsync(part, buffer.AsMemory(0, length), cancellationToken);
                if (length < PostgresBlobStore.PartSize)
                {
                    break;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Sha256 = hash.GetHashAndReset();
    }

    // The name may have been given meanwhile, to the same content: then that one stays, and is as new as this one. One that lacks parts
    // gives way; whoever is reading it keeps what there is of it until it goes with the leftovers.
    public Task CommitAsync(NpgsqlConnection transaction, bool isDamaged, CancellationToken cancellationToken) => transaction.Sql(
            $"""
            with former as (
                select upload_id from blob_contents c
                where collection_id = $1 and sha256 = $2 and upload_id <> $3 and ($5 or size_bytes <> $4 or {PostgresBlobStore.HeldBytes} <> $4)),
            touched as (update blob_uploads set touched = now() where id in (select upload_id from former))
            insert into blob_contents as c (collection_id, sha256, upload_id, size_bytes) values ($1, $2, $3, $4)
            on conflict (collection_id, sha256) do update
            set written = now(), size_bytes = $4, upload_id = case when exists (select from former) then excluded.upload_id else c.upload_id end
            """,
            collection.Value,
            Sha256.ToArray(),
            _id,
            SizeBytes,
            isDamaged)
        .RunAsync(cancellationToken);

    /// <summary>Removes what has no name. What cannot be removed now is a leftover, which the sweeper finds.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await database.ReadAsync(
                (connection, token) => connection.Sql(
                        "delete from blob_uploads u where id = $1 and not exists (select 1 from blob_contents c where c.upload_id = u.id)", _id)
                    .RunAsync(token),
                CancellationToken.None);
        }
        catch (StorageException)
        {
            // As said.
        }
    }

    private Task<int> WritePartAsync(int part, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => database.TransactionAsync(
        async (connection, token) =>
        {
            await using var batch = connection.CreateBatch();
            batch.Then("insert into blob_parts (upload_id, part, data) values ($1, $2, $3)", _id, part, data);
            batch.Then("update blob_uploads set touched = now() where id = $1", _id);
            return await batch.ExecuteNonQueryAsync(token);
        },
        cancellationToken);
}
