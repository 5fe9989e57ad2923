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

    private readonly string _key = $"{connection.Root}{S3BlobStore.Staging}{Guid.NewGuid():N}";
    private string? _partsOf;
    private bool _isStaged;

    public ReadOnlyMemory<byte> Sha256 { get; private set; }

    public long SizeBytes { get; private set; }

    /// <summary>Reads the content to its end and writes it.</summary>
    public async Task WriteAsync(Stream content, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(PartSize);
        try
        {
            var length = await FillAsync(content, buffer, hash, cancellationToken);
            if (length < PartSize)
            {
                await PutAsync(buffer, length, cancellationToken);
            }
            else
            {
                await PutPartsAsync(content, buffer, hash, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
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
            cancellationToken) ?? throw S3Fault.Away("The upload was removed from the object store before it was taken in. Send the file again.", null);

        // A store that does not know how to copy may have made an empty object of that name, and the upload is about to go.
        var held = await connection.HeadAsync(name, cancellationToken);
        if (held?.ContentLength != SizeBytes)
        {
            throw S3Fault.Away($"The object store was to copy {SizeBytes} bytes and holds {held?.ContentLength ?? 0} of them: it does not do what S3 does.", null);
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
                    (client, token) => client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = connection.Bucket, Key = _key, UploadId = upload }, token), limit.Token);
            }

            if (_isStaged)
            {
                _isStaged = false;
                await connection.DeleteAsync(_key, limit.Token);
            }
        }
        catch (Exception e) when (e is RagException or OperationCanceledException)
        {
            // What failed before is what the caller must hear of.
        }
    }

    private async Task PutAsync(byte[] buffer, int length, CancellationToken cancellationToken)
    {
        // Before the request: whether one that fails left something is not to be known.
        _isStaged = true;
        await connection.SendAsync(
            (client, token) => client.PutObjectAsync(
                new PutObjectRequest { BucketName = connection.Bucket, Key = _key, InputStream = new MemoryStream(buffer, 0, length, writable: false), UseChunkEncoding = false }, token),
            cancellationToken);
    }

    private async Task PutPartsAsync(Stream content, byte[] buffer, IncrementalHash hash, CancellationToken cancellationToken)
    {
        var begun = await connection.SendAsync(
            (client, token) => client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = connection.Bucket, Key = _key }, token), cancellationToken);
        _partsOf = begun.UploadId;
        var parts = new List<PartETag>();
        for (var length = PartSize; length > 0; length = length < PartSize ? 0 : await FillAsync(content, buffer, hash, cancellationToken))
        {
            var (number, bytes) = (parts.Count + 1, length);
            var part = await connection.SendAsync(
                (client, token) => client.UploadPartAsync(
                    new UploadPartRequest
                    {
                        BucketName = connection.Bucket,
                        Key = _key,
                        UploadId = _partsOf,
                        PartNumber = number,
                        PartSize = bytes,
                        InputStream = new MemoryStream(buffer, 0, bytes, writable: false),
                        UseChunkEncoding = false,
                    },
                    token),
                cancellationToken);
            parts.Add(new PartETag(number, part.ETag));
        }

        await connection.SendAsync(
            (client, token) => client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = connection.Bucket, Key = _key, UploadId = _partsOf, PartETags = parts }, token),
            cancellationToken);
        (_partsOf, _isStaged) = (null, true);
    }

    /// <summary>Reads up to a part; fewer bytes are the end.</summary>
    private async Task<int> FillAsync(Stream content, byte[] buffer, IncrementalHash hash, CancellationToken cancellationToken)
    {
        var length = 0;
        int read;
        while (length < PartSize && (read = await content.ReadAsync(buffer.AsMemory(length, PartSize - length), cancellationToken)) > 0)
        {
            hash.AppendData(buffer, length, read);
            length += read;
            SizeBytes += read;
            if (SizeBytes > maxBytes)
            {
                throw StoreFault.TooLarge(maxBytes);
            }
        }

        return length;
    }
}
