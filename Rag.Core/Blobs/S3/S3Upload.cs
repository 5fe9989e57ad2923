using System.Buffers;
using System.Security.Cryptography;
using Amazon.S3.Model;
using Npgsql;
using Rag.Core.Documents;

namespace Rag.Core.Blobs.S3;

/// <summary>An upload under a name of its own, in parts as soon as it has more than one: a part is what a sender holds in memory.</summary>
internal sealed class S3Upload(S3Connection connection, CollectionId collection, long maxBytes) : IStagedBlob
{
    /// <summary>Bytes of a part. No store takes smaller ones than 5 MiB, nor more than 10,000 of them.</summary>
    public const int PartSize = 8 * 1024 * 1024;

    // Of tidying up when the store is away; what stays goes with the leftovers.
    private static readonly TimeSpan TidyingLimit = TimeSpan.FromSeconds(10);

    // A store that copies slower than this, once it has begun, holds up whoever sends. The database waits for it.
    private const long CopiedPerSecond = 10 * 1024 * 1024;

    private static readonly TimeSpan CopyStart = TimeSpan.FromSeconds(30);

    private readonly string _key = $"{connection.Root}{S3BlobStore.Staging}{Guid.NewGuid():N}";
    private string? _partsOf;
    private bool _isStaged;

    public ReadOnlyMemory<byte> Sha256 { get; private set; }

    public long SizeBytes { get; private set; }

    /// <summary>Reads the content to its end and writes it.</summary>
    public async Task WriteAsync(Stream content, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var part = new PartBuffer();
        await FillAsync(content, part, hash, cancellationToken);
        if (part.Length < PartSize)
        {
            await PutAsync(part, cancellationToken);
        }
        else
        {
            await PutPartsAsync(content, part, hash, cancellationToken);
        }

        Sha256 = hash.GetHashAndReset();
    }

    public async Task CommitAsync(NpgsqlConnection transaction, bool isDamaged, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(!_isStaged, this);
        var name = connection.Root + BlobLayout.NameOf(collection, Sha256);
        // Always, so that what is there is what was sent, and is as young as the row that is about to name it.
        _ = await connection.FindAsync(
            (client, token) => client.CopyObjectAsync(
                new CopyObjectRequest { SourceBucket = connection.Bucket, SourceKey = _key, DestinationBucket = connection.Bucket, DestinationKey = name }, token),
            cancellationToken,
            CopyStart + TimeSpan.FromSeconds(SizeBytes / CopiedPerSecond)) ?? throw S3Fault.Away("The upload was removed from the object store before it was taken in. Send the file again.", null);

        // A store that does not know how to copy may have made an empty object of that name, and the upload is about to go.
        var held = await connection.HeadAsync(name, cancellationToken);
        if (held?.ContentLength != SizeBytes)
        {
            throw S3Fault.Away($"The object store was to copy {SizeBytes} bytes and shows {held?.ContentLength ?? 0} of them: it does not do what S3 does.", null);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TidyingLimit);
        try
        {
            if (_partsOf is { } upload)
            {
                _partsOf = null;
                await connection.FindAsync(
                    (client, token) => client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = connection.Bucket, Key = _key, UploadId = upload }, token), limit.Token, TidyingLimit);
            }

            if (_isStaged)
            {
                _isStaged = false;
                await connection.DeleteAsync(_key).WaitAsync(limit.Token);
            }
        }
        catch (Exception e) when (e is RagException or OperationCanceledException)
        {
            // What failed before is what the caller must hear of.
        }
    }

    private async Task PutAsync(PartBuffer part, CancellationToken cancellationToken)
    {
        // Before the request: whether one that fails left something is not to be known.
        _isStaged = true;
        await connection.SendAsync(
            (client, token) => client.PutObjectAsync(new PutObjectRequest { BucketName = connection.Bucket, Key = _key, InputStream = part.Read(), UseChunkEncoding = false }, token), cancellationToken);
    }

    private async Task PutPartsAsync(Stream content, PartBuffer part, IncrementalHash hash, CancellationToken cancellationToken)
    {
        var begun = await connection.SendAsync(
            (client, token) => client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = connection.Bucket, Key = _key }, token), cancellationToken);
        _partsOf = begun.UploadId;
        var parts = new List<PartETag>();
        while (part.Length > 0)
        {
            var number = parts.Count + 1;
            var sent = await connection.SendAsync(
                (client, token) => client.UploadPartAsync(
                    new UploadPartRequest { BucketName = connection.Bucket, Key = _key, UploadId = _partsOf, PartNumber = number, PartSize = part.Length, InputStream = part.Read(), UseChunkEncoding = false }, token),
                cancellationToken);
            parts.Add(new PartETag(number, sent.ETag));
            var wasLast = part.Length < PartSize;
            part.Clear();
            if (!wasLast)
            {
                await FillAsync(content, part, hash, cancellationToken);
            }
        }

        _isStaged = true;
        await connection.SendAsync(
            (client, token) => client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = connection.Bucket, Key = _key, UploadId = _partsOf, PartETags = parts }, token),
            cancellationToken,
            CopyStart + TimeSpan.FromSeconds(SizeBytes / CopiedPerSecond));
        _partsOf = null;
    }

    /// <summary>Reads up to a part; fewer bytes are the end.</summary>
    private async Task FillAsync(Stream content, PartBuffer part, IncrementalHash hash, CancellationToken cancellationToken)
    {
        int read;
        while (part.Room() is { Length: > 0 } room && (read = await content.ReadAsync(room, cancellationToken)) > 0)
        {
            hash.AppendData(room.Span[..read]);
            part.Length += read;
            SizeBytes += read;
            if (SizeBytes > maxBytes)
            {
                throw StoreFault.TooLarge(maxBytes);
            }
        }
    }

    /// <summary>One part, in memory that grows with it: most originals are small, and many may be on their way at once.</summary>
    private sealed class PartBuffer : IDisposable
    {
        private byte[] _bytes = ArrayPool<byte>.Shared.Rent(128 * 1024);

        public int Length { get; set; }

        /// <summary>Where the next bytes go; empty when the part is full.</summary>
        public Memory<byte> Room()
        {
            if (Length == _bytes.Length && Length < PartSize)
            {
                var larger = ArrayPool<byte>.Shared.Rent(Math.Min(2 * Length, PartSize));
                _bytes.AsSpan(0, Length).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_bytes);
                _bytes = larger;
            }

            return _bytes.AsMemory(Length, Math.Min(_bytes.Length, PartSize) - Length);
        }

        public MemoryStream Read() => new(_bytes, 0, Length, writable: false);

        public void Clear() => Length = 0;

        public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);
    }
}
