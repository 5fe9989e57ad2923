using Npgsql;

namespace Rag.Cli.Backup;

/// <summary>Originals in the database, in parts as Rag.Core's <c>PostgresBlobStore</c> cuts them; one part at a time is in memory.</summary>
internal static class DatabaseOriginals
{
    private const int PartSize = 512 * 1024;

    /// <summary>What the documents name, and under which id the database holds it; null: not in the database.</summary>
    public static Task<List<(BlobEntry Blob, Guid? Upload)>> WantedAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => Sql.ListAsync(
        connection,
        """
        select d.collection_id, d.sha256, c.upload_id
        from (select distinct collection_id, sha256 from documents) d
        left join blob_contents c on c.collection_id = d.collection_id and c.sha256 = d.sha256
        order by 1, 2
        """,
        row => (new BlobEntry(row.GetGuid(0), Convert.ToHexStringLower(row.GetFieldValue<byte[]>(1))), row.IsDBNull(2) ? (Guid?)null : row.GetGuid(2)),
        cancellationToken);

    /// <summary>Whether this installation keeps originals in the database.</summary>
    public static async Task<bool> AnyAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await Sql.ListAsync(connection, "select exists (select from blob_contents)", row => row.GetBoolean(0), cancellationToken))[0];

    /// <summary>Opens an original, with a length of what is really there; the connection serves nothing else while it is read.</summary>
    public static async Task<Stream> OpenAsync(NpgsqlConnection connection, Guid upload, CancellationToken cancellationToken) =>
        new PartStream(connection, upload, await Sql.ListAsync(
            connection,
            $"select part, octet_length(data) from blob_parts where upload_id = '{upload}' order by part",
            row => (row.GetInt32(0), row.GetInt32(1)),
            cancellationToken));

    /// <summary>Writes an original, in the transaction that the connection is in.</summary>
    public static async Task StoreAsync(NpgsqlConnection connection, BlobEntry blob, Stream content, CancellationToken cancellationToken)
    {
        var upload = Guid.CreateVersion7();
        await Sql.RunAsync(connection, "insert into blob_uploads (id) values ($1)", cancellationToken, upload);
        var buffer = new byte[PartSize];
        long size = 0;
        for (var part = 0; ; part++)
        {
            var length = await content.ReadAtLeastAsync(buffer, PartSize, throwOnEndOfStream: false, cancellationToken);
            if (length == 0)
            {
                break;
            }

            await Sql.RunAsync(connection, "insert into blob_parts (upload_id, part, data) values ($1, $2, $3)", cancellationToken, upload, part, buffer.AsMemory(0, length));
            size += length;
            if (length < PartSize)
            {
                break;
            }
        }

        await Sql.RunAsync(
            connection,
            "insert into blob_contents (collection_id, sha256, upload_id, size_bytes) values ($1, $2, $3, $4)",
            cancellationToken,
            blob.Collection,
            Convert.FromHexString(blob.Sha256),
            upload,
            size);
    }

    /// <summary>Seekable to its beginning alone, which is what hashing and then archiving it needs.</summary>
    private sealed class PartStream(NpgsqlConnection connection, Guid upload, List<(int Number, int Length)> parts) : Stream
    {
        private byte[] _data = [];
        private int _next;
        private int _offset;
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length { get; } = parts.Sum(static part => (long)part.Length);

        public override long Position
        {
            get => _position;
            set => Seek(value, SeekOrigin.Begin);
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_offset == _data.Length)
            {
                if (_next == parts.Count)
                {
                    return 0;
                }

                var number = parts[_next++].Number;
                _data = (await Sql.ListAsync(
                    connection, $"select data from blob_parts where upload_id = '{upload}' and part = {number}", row => row.GetFieldValue<byte[]>(0), cancellationToken))[0];
                _offset = 0;
            }

            var count = Math.Min(buffer.Length, _data.Length - _offset);
            _data.AsMemory(_offset, count).CopyTo(buffer);
            _offset += count;
            _position += count;
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        // What a stream must have; everybody here reads asynchronously.
        public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

        public override long Seek(long offset, SeekOrigin origin)
        {
            if (offset != 0 || origin != SeekOrigin.Begin)
            {
                throw new NotSupportedException("Only its beginning can be gone back to.");
            }

            (_data, _next, _offset, _position) = ([], 0, 0, 0);
            return 0;
        }

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
