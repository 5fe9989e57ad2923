using Rag.Core.Storage;

namespace Rag.Core.Blobs;

/// <summary>An original out of the database: a part at a time, each with a connection of its own for as long as it takes.</summary>
internal sealed class PostgresBlobStream(Database database, Guid upload, long length) : Stream
{
    private byte[] _data = [];
    private int _part = -1;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position >= length)
        {
            return 0;
        }

        var part = (int)(_position / PostgresBlobStore.PartSize);
        if (part != _part)
        {
            _data = await database.ReadAsync(
                (connection, token) => connection.Sql("select data from blob_parts where upload_id = $1 and part = $2", upload, part).ScalarAsync<byte[]>(token),
                cancellationToken) ?? throw await LostAsync(cancellationToken);
            _part = part;
        }

        var from = (int)(_position % PostgresBlobStore.PartSize);
        var count = Math.Clamp(_data.Length - from, 0, buffer.Length);
        _data.AsMemory(from, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    private async Task<RagException> LostAsync(CancellationToken cancellationToken)
    {
        var isNamed = await database.ReadAsync(
            (connection, token) => connection.Sql("select exists (select from blob_contents where upload_id = $1)", upload).ScalarAsync<bool>(token), cancellationToken);
        return isNamed ? OriginalFault.Damaged() : new RagException(StoreFault.Away, "The original was removed while it was read.", isTransient: true);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // For whoever knows no other way; the product's own readers are asynchronous.
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
