using System.Runtime.CompilerServices;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Options;
using Rag.Core.Documents;

namespace Rag.Core.Blobs.S3;

/// <summary>
/// Originals as objects of a bucket, named as <see cref="BlobLayout"/> says; an unfinished one has a name of its own below <c>.staging/</c>, and
/// its commit is a copy within the store. Uses only what every store that speaks S3 has.
/// </summary>
/// <remarks>
/// A removal is asked for while the lock of the reference row is held, and only once. Should the store not answer in time, or the connection
/// that holds the lock be lost, it may still remove what was sent again meanwhile: names are hashes of contents, so no condition tells the two
/// apart. The comparison of originals finds that, and says which file to send again.
/// </remarks>
internal sealed class S3BlobStore(S3Connection connection, IOptions<BlobOptions> options, TimeProvider clock) : IBlobStore
{
    /// <summary>Folder of what is not finished.</summary>
    public const string Staging = ".staging/";

    // Beside the folders of the collections: says that this is the store, so that a wrong bucket is not taken for one that lost everything.
    private const string Marker = ".store";

    private const int RequestsAtOnce = 16;

    private readonly long _maxBytes = options.Value.MaxFileMiB * 1024L * 1024L;
    private volatile bool _isMarked;

    public async Task<IStagedBlob> StageAsync(CollectionId collection, Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        await MarkAsync(cancellationToken);
        var upload = new S3Upload(connection, collection, _maxBytes);
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

    public async Task<Stream?> OpenAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken) =>
        await S3BlobStream.OpenAsync(connection, KeyOf(collection, sha256), cancellationToken) ?? await NothingAsync<Stream>(cancellationToken);

    public async Task<IReadOnlyList<long?>> MeasureAsync(IReadOnlyList<BlobName> originals, CancellationToken cancellationToken)
    {
        var lengths = new long?[originals.Count];
        await Parallel.ForAsync(0, lengths.Length, Bounded(cancellationToken), async (i, token) => lengths[i] = await LengthAsync(originals[i], token));
        if (lengths.Contains(null))
        {
            await RequireStoreAsync(cancellationToken);
        }

        return lengths;
    }

    public async Task<bool> ExistsAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken)
    {
        if (await LengthAsync(new BlobName(collection, sha256), cancellationToken) is not null)
        {
            return true;
        }

        await RequireStoreAsync(cancellationToken);
        return false;
    }

    public Task DeleteAsync(CollectionId collection, ReadOnlyMemory<byte> sha256, CancellationToken cancellationToken) =>
        connection.DeleteAsync(KeyOf(collection, sha256));

    // One by one: the request that removes many at once wants a checksum, and stores differ in which.
    public Task DeleteCollectionAsync(CollectionId collection, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        connection.ListAsync($"{collection}/", cancellationToken), Bounded(cancellationToken), async (found, _) => await connection.DeleteAsync(found.Key));

    public async IAsyncEnumerable<BlobEntry> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var found in connection.ListAsync("", cancellationToken))
        {
            if (found.Key[connection.Root.Length..].Split('/') is [var folder, _, var name]
                && BlobLayout.IsCollection(folder, out var collection) && BlobLayout.IsDigest(name, out var sha256) && found.Key == KeyOf(collection, sha256))
            {
                yield return new BlobEntry(collection, sha256, found.Size ?? 0, Written(found));
            }
        }
    }

    public async Task<IReadOnlyList<CollectionId>> ListCollectionsAsync(DateTimeOffset unchangedSince, CancellationToken cancellationToken)
    {
        var unchanged = new Dictionary<CollectionId, bool>();
        await foreach (var found in connection.ListAsync("", cancellationToken))
        {
            if (BlobLayout.IsCollection(found.Key[connection.Root.Length..].Split('/')[0], out var collection))
            {
                unchanged[collection] = unchanged.GetValueOrDefault(collection, true) && Written(found) <= unchangedSince;
            }
        }

        return [.. unchanged.Where(static pair => pair.Value).Select(static pair => pair.Key)];
    }

    public async Task<int> RemoveLeftoversAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow() - age;
        var removed = 0;
        await foreach (var found in connection.ListAsync(Staging, cancellationToken))
        {
            if (Written(found) < before)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await connection.DeleteAsync(found.Key);
                removed++;
            }
        }

        return removed + await RemovePartsAsync(before, cancellationToken);
    }

    public async Task<bool> BelongsToAsync(Guid installation, CancellationToken cancellationToken)
    {
        if (await OwnerAsync(cancellationToken) is null && await connection.HeadAsync(connection.Root + Marker, cancellationToken) is not null)
        {
            await PutAsync(BlobLayout.Owner, installation.ToString(), cancellationToken);
        }

        // Read again: of two that come at once the later one has it.
        return await OwnerAsync(cancellationToken) is not { } owner || owner == installation.ToString();
    }

    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            // It says more than a look at the bucket alone, which stores answer without a word of what is wrong.
            await connection.SendAsync((client, token) => client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = connection.Bucket, Prefix = connection.Root, MaxKeys = 1 }, token), cancellationToken);
            return null;
        }
        catch (RagException e)
        {
            return e.Message;
        }
    }

    // By when it began, for the parts do not tell: nobody sends one original for a day.
    private async Task<int> RemovePartsAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        var removed = 0;
        var request = new ListMultipartUploadsRequest { BucketName = connection.Bucket, Prefix = connection.Root + Staging };
        while (true)
        {
            if (await UploadsAsync(request, cancellationToken) is not { } page)
            {
                return removed;
            }

            foreach (var upload in (page.MultipartUploads ?? []).Where(upload => Time(upload.Initiated) < before))
            {
                await connection.FindAsync(
                    (client, token) => client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = connection.Bucket, Key = upload.Key, UploadId = upload.UploadId }, token),
                    cancellationToken);
                removed++;
            }

            if (page.IsTruncated != true)
            {
                return removed;
            }

            (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker ?? throw S3Fault.Unfinished(), page.NextUploadIdMarker);
        }
    }

    // Some stores do not tell, and end uploads that were given up by themselves.
    private Task<ListMultipartUploadsResponse?> UploadsAsync(ListMultipartUploadsRequest request, CancellationToken cancellationToken) => connection.SendAsync(
        async (client, token) =>
        {
            try
            {
                return await client.ListMultipartUploadsAsync(request, token);
            }
            catch (AmazonS3Exception e) when (e.ErrorCode is "NotImplemented" or "MethodNotAllowed")
            {
                return null;
            }
        },
        cancellationToken);

    private async Task MarkAsync(CancellationToken cancellationToken)
    {
        if (!_isMarked)
        {
            await PutAsync(Marker, "", cancellationToken);
            _isMarked = true;
        }
    }

    private Task<PutObjectResponse> PutAsync(string name, string text, CancellationToken cancellationToken) => connection.SendAsync(
        (client, token) => client.PutObjectAsync(
            new PutObjectRequest { BucketName = connection.Bucket, Key = connection.Root + name, InputStream = new MemoryStream(Encoding.UTF8.GetBytes(text)), UseChunkEncoding = false }, token),
        cancellationToken);

    private async Task<string?> OwnerAsync(CancellationToken cancellationToken)
    {
        await using var stream = await S3BlobStream.OpenAsync(connection, connection.Root + BlobLayout.Owner, cancellationToken);
        if (stream is null)
        {
            return null;
        }

        using var reader = new StreamReader(stream);
        return (await reader.ReadToEndAsync(cancellationToken)).Trim();
    }

    private async Task<T?> NothingAsync<T>(CancellationToken cancellationToken)
        where T : class
    {
        await RequireStoreAsync(cancellationToken);
        return null;
    }

    private async Task RequireStoreAsync(CancellationToken cancellationToken)
    {
        if (await connection.HeadAsync(connection.Root + Marker, cancellationToken) is null)
        {
            _isMarked = false;
            throw connection.NoStore();
        }
    }

    private async ValueTask<long?> LengthAsync(BlobName name, CancellationToken cancellationToken) =>
        (await connection.HeadAsync(KeyOf(name.Collection, name.Sha256), cancellationToken))?.ContentLength;

    private string KeyOf(CollectionId collection, ReadOnlyMemory<byte> sha256) => connection.Root + BlobLayout.NameOf(collection, sha256);

    private static DateTimeOffset Written(S3Object found) => Time(found.LastModified);

    private static DateTimeOffset Time(DateTime? time) => new(time!.Value.ToUniversalTime(), TimeSpan.Zero);

    private static ParallelOptions Bounded(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = RequestsAtOnce, CancellationToken = cancellationToken };
}
