using Rag.Core.Storage;

namespace Rag.Core.Blobs;

/// <summary>An original out of the database: a part at a time, each with a connection of its own for as long as it takes.</summary>
internal sealed class PostgresBlobStream(Database database, Guid upload, long length) : RemoteBlobStream(length)
{
    private byte[] _data = [];
    private int _part = -1;

    protected override async ValueTask<int> ReadFromAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var part = (int)(position / PostgresBlobStore.PartSize);
        if (part != _part)
        {
            _data = await database.ReadAsync(
                (connection, token) => connection.Sql("select data from blob_parts where upload_id = $1 and part = $2", upload, part).ScalarAsync<byte[]>(token),
                cancellationToken) ?? throw await LostAsync(cancellationToken);
            _part = part;
        }

        var from = (int)(position % PostgresBlobStore.PartSize);
        var count = Math.Clamp(_data.Length - from, 0, buffer.Length);
        _data.AsMemory(from, count).CopyTo(buffer);
        return count;
    }

    private async Task<RagException> LostAsync(CancellationToken cancellationToken)
    {
        var isNamed = await database.ReadAsync(
            (connection, token) => connection.Sql("select exists (select from blob_contents where upload_id = $1)", upload).ScalarAsync<bool>(token), cancellationToken);
        return isNamed ? OriginalFault.Damaged() : new RagException(StoreFault.Away, "The original was removed while it was read.", isTransient: true);
    }
}
