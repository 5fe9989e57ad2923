using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Options;
using Rag.Core.Blobs;
using Rag.Core.Blobs.S3;
using Rag.Testing;

namespace Rag.Core.Tests.Blobs;

/// <summary>Originals in a bucket of a real object store, which checks every signature.</summary>
public sealed class S3BlobStoreTests(PostgresFixture postgres, S3Fixture store) : BlobConformance(postgres), IClassFixture<PostgresFixture>, IClassFixture<S3Fixture>
{
    private const string Prefix = "some/where";
    private const int PageSize = 50;

    private readonly AmazonS3Client _client = store.Server.Client();
    private readonly List<S3Connection> _connections = [];
    private string _bucket = null!;

    public override async Task InitializeAsync()
    {
        _bucket = await store.Server.CreateBucketAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        _client.Dispose();
        _connections.ForEach(static connection => connection.Dispose());
        await base.DisposeAsync();
    }

    [Fact]
    public async Task What_is_longer_than_a_part_goes_in_parts_and_comes_back_whole()
    {
        var large = Open(options => options.MaxFileMiB = 64);
        // As long as two parts, so that the last one is empty, and a little longer.
        foreach (var length in new[] { 2 * S3Upload.PartSize, (2 * S3Upload.PartSize) + 4711 })
        {
            var content = RandomNumberGenerator.GetBytes(length);
            await using var staged = await large.StageAsync(Collection, new MemoryStream(content), default);
            Assert.Equal((length, Convert.ToHexString(SHA256.HashData(content))), (staged.SizeBytes, Convert.ToHexString(staged.Sha256.Span)));
            await CommitAsync(staged);

            await using var stream = (await large.OpenAsync(Collection, staged.Sha256, default))!;
            Assert.Equal(content, await ReadAsync(stream));
        }

        Assert.Equal(0, await UploadsAsync());
    }

    [Fact]
    public async Task A_sender_who_breaks_off_within_a_later_part_leaves_no_parts()
    {
        var large = Open(options => options.MaxFileMiB = 64);

        await Assert.ThrowsAsync<IOException>(() => large.StageAsync(Collection, new CutStream(S3Upload.PartSize + 100), default));

        Assert.Equal(0, await LeftAsync());
    }

    [Fact]
    public async Task Parts_that_a_killed_process_left_go_when_they_are_old()
    {
        await _client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = _bucket, Key = $"{Prefix}/.staging/left" });
        await _client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = _bucket, Key = "somebody/elses" });

        Assert.Equal(0, await Store.RemoveLeftoversAsync(TimeSpan.FromHours(1), default));
        Assert.Equal(1, await Store.RemoveLeftoversAsync(TimeSpan.FromMinutes(-1), default));
        Assert.Equal(1, await UploadsAsync());
    }

    [Fact]
    public async Task Objects_are_named_as_files_are_and_what_is_not_ours_is_passed_over()
    {
        await using var staged = await StageAsync([1]);
        await CommitAsync(staged);
        var digits = Convert.ToHexStringLower(staged.Sha256.Span);
        var name = $"{Collection}/{digits[..2]}/{digits}";
        await _client.GetObjectMetadataAsync(_bucket, $"{Prefix}/{name}");
        foreach (var foreign in new[] { name, $"{Prefix}/notes.txt", $"{Prefix}/{Collection}/no/{new string('z', 64)}", $"{Prefix}/{name}/more", $"{Prefix}else/{name}" })
        {
            await PutAsync(foreign, [1]);
        }

        Assert.Equal(staged.Sha256, Assert.Single(await Store.ListAsync(default).ToListAsync()).Sha256.ToArray());
        Assert.Equal([Collection], await Store.ListCollectionsAsync(DateTimeOffset.UtcNow.AddMinutes(1), default));
        await Store.DeleteCollectionAsync(Collection, default);
        await _client.GetObjectMetadataAsync(_bucket, name);
        await _client.GetObjectMetadataAsync(_bucket, $"{Prefix}else/{name}");
    }

    [Fact]
    public async Task A_folder_that_was_copied_into_the_bucket_is_a_store()
    {
        var root = Directory.CreateTempSubdirectory("rag-test-blobs-");
        try
        {
            var files = new FileBlobStore(Options.Create(new BlobOptions { Path = root.FullName }), TimeProvider.System);
            await using var staged = await files.StageAsync(Collection, new MemoryStream([1, 2, 3]), default);
            await CommitAsync(staged);
            foreach (var file in root.EnumerateFiles("*", SearchOption.AllDirectories))
            {
                await PutAsync($"{Prefix}/{Path.GetRelativePath(root.FullName, file.FullName)}", await File.ReadAllBytesAsync(file.FullName));
            }

            await using var stream = (await Store.OpenAsync(Collection, staged.Sha256, default))!;
            Assert.Equal([1, 2, 3], await ReadAsync(stream));
            Assert.Equal([3], await Store.MeasureAsync([new(Collection, staged.Sha256)], default));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_bucket_or_a_folder_that_is_no_store_is_not_taken_for_one_that_lost_everything()
    {
        var empty = await store.Server.CreateBucketAsync();
        var missing = Open(options => options.S3.Bucket = "test-there-is-none");
        await AwayAsync(missing, "no bucket 'test-there-is-none' (Rag:Blobs:S3:Bucket)");
        Assert.Contains("no bucket 'test-there-is-none'", await missing.CheckAsync(default), StringComparison.Ordinal);
        foreach (var none in new[] { Open(options => options.S3.Bucket = empty), Open(options => options.S3.Prefix = "elsewhere") })
        {
            await AwayAsync(() => none.OpenAsync(Collection, new byte[32], default), "Check Rag:Blobs:S3:Bucket and Prefix.");
            await AwayAsync(() => none.ExistsAsync(Collection, new byte[32], default), "Check Rag:Blobs:S3:Bucket and Prefix.");
            await AwayAsync(() => none.MeasureAsync([new(Collection, new byte[32])], default), "Check Rag:Blobs:S3:Bucket and Prefix.");
        }

        // What was emptied behind everybody's back becomes a store again by the next upload.
        await using var staged = await StageAsync([1]);
        await CommitAsync(staged);
        await EmptyAsync();
        await AwayAsync(() => Store.ExistsAsync(Collection, staged.Sha256, default), "Check Rag:Blobs:S3:Bucket and Prefix.");
        await using var again = await StageAsync([1]);
        Assert.False(await Store.ExistsAsync(Collection, again.Sha256, default));
    }

    [Fact]
    public async Task Keys_that_are_refused_cannot_be_read_or_change_are_told_and_taken()
    {
        await AwayAsync(Open(options => options.S3.SecretAccessKey = "wrong"), "refuses this service (SignatureDoesNotMatch)");
        await AwayAsync(Open(options => options.S3.AccessKeyId = "nobody"), "refuses this service (");
        await AwayAsync(Open(options => options.S3.Region = "eu-west-9"), "not in the region 'eu-west-9' (Rag:Blobs:S3:Region)");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "wrong\n");
            var rotated = Open(options => options.S3.SecretAccessKeyFile = file);
            await AwayAsync(rotated, "refuses this service");
            // As it is for a moment where somebody writes it anew.
            await File.WriteAllTextAsync(file, "");
            await AwayAsync(rotated, $"'{file}' for the key of the object store is empty (Rag:Blobs:S3:SecretAccessKeyFile)");
            await File.WriteAllTextAsync(file, $"{store.Server.SecretAccessKey}\n");
            await using var staged = await rotated.StageAsync(Collection, new MemoryStream([1]), default);
            File.Delete(file);
            await AwayAsync(rotated, $"cannot be read from '{file}' (Rag:Blobs:S3:SecretAccessKeyFile)");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_a_passing_failure_and_an_answer_that_is_cut_off_goes_on()
    {
        var relay = new Relay(store.Server.Url.Port);
        await using var closing = relay;
        relay.Open();
        var far = Open(options =>
        {
            options.MaxFileMiB = 64;
            options.S3.Endpoint = new Uri($"http://127.0.0.1:{relay.Port}");
        });
        // More than the system holds between the two.
        var content = RandomNumberGenerator.GetBytes(40_000_000);
        await using var staged = await far.StageAsync(Collection, new MemoryStream(content), default);
        await CommitAsync(staged);
        await using var stream = (await far.OpenAsync(Collection, staged.Sha256, default))!;
        var begun = new byte[1000];
        await stream.ReadExactlyAsync(begun);

        relay.Cut();
        relay.Open();
        Assert.Equal(content[1000..], await ReadAsync(stream));

        relay.Cut();
        await AwayAsync(far, $"(http://127.0.0.1:{relay.Port}) cannot be reached");
        stream.Position = 0;
        await AwayAsync(() => stream.ReadAsync(begun).AsTask(), "cannot be reached");
        relay.Open();
        Assert.Equal(content, await ReadAsync(stream));
    }

    [Fact]
    public async Task Parts_of_two_objects_are_never_put_together()
    {
        await using var staged = await StageAsync(new byte[1_000_000]);
        await CommitAsync(staged);
        await using var stream = (await Store.OpenAsync(Collection, staged.Sha256, default))!;
        Assert.Equal(0, stream.ReadByte());
        await FlipAsync(staged.Sha256);

        stream.Position = 500_000;

        await AwayAsync(() => stream.ReadAsync(new byte[10]).AsTask(), "removed or replaced while it was read");
    }

    [Fact]
    public async Task An_upload_that_somebody_removed_is_not_taken_in()
    {
        await using var staged = await StageAsync([1]);
        await Store.RemoveLeftoversAsync(TimeSpan.FromMinutes(-1), default);

        await AwayAsync(() => CommitAsync(staged), "Send the file again.");

        Assert.False(await Store.ExistsAsync(Collection, staged.Sha256, default));
    }

    private protected override int MoreThanAPage => (2 * PageSize) + 1;

    private protected override IBlobStore Create() => Open(static _ => { });

    private protected override Task CutAsync(ReadOnlyMemory<byte> sha256) => ChangeAsync(sha256, static bytes => bytes[..^100]);

    private protected override Task FlipAsync(ReadOnlyMemory<byte> sha256) => ChangeAsync(sha256, static bytes =>
    {
        bytes[7] ^= 1;
        return bytes;
    });

    private protected override async Task<long> LeftAsync() => (await ListAsync()).Count(static key => !key.EndsWith("/.store", StringComparison.Ordinal)) + await UploadsAsync();

    private S3BlobStore Open(Action<BlobOptions> change)
    {
        var options = new BlobOptions
        {
            Provider = BlobProvider.S3,
            MaxFileMiB = MaxFileMiB,
            S3 = { Endpoint = store.Server.Url, Bucket = _bucket, Prefix = Prefix, AccessKeyId = store.Server.AccessKeyId, SecretAccessKey = store.Server.SecretAccessKey },
        };
        change(options);
        var connection = new S3Connection(Options.Create(options)) { PageSize = PageSize };
        _connections.Add(connection);
        return new S3BlobStore(connection, Options.Create(options), TimeProvider.System);
    }

    private async Task ChangeAsync(ReadOnlyMemory<byte> sha256, Func<byte[], byte[]> change)
    {
        var digits = Convert.ToHexStringLower(sha256.Span);
        var key = $"{Prefix}/{Collection}/{digits[..2]}/{digits}";
        using var held = await _client.GetObjectAsync(_bucket, key);
        await PutAsync(key, change(await ReadAsync(held.ResponseStream)));
    }

    private Task PutAsync(string key, byte[] content) =>
        _client.PutObjectAsync(new PutObjectRequest { BucketName = _bucket, Key = key, InputStream = new MemoryStream(content), UseChunkEncoding = false });

    private async Task<List<string>> ListAsync() =>
        [.. ((await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _bucket })).S3Objects ?? []).Select(static found => found.Key)];

    private async Task EmptyAsync()
    {
        foreach (var key in await ListAsync())
        {
            await _client.DeleteObjectAsync(_bucket, key);
        }
    }

    private async Task<int> UploadsAsync() => (await _client.ListMultipartUploadsAsync(_bucket)).MultipartUploads?.Count ?? 0;

    private Task AwayAsync(S3BlobStore broken, string said) => AwayAsync(() => broken.StageAsync(Collection, new MemoryStream([1]), default), said);

    private static async Task AwayAsync(Func<Task> call, string said)
    {
        var problem = await Assert.ThrowsAsync<RagException>(call);
        Assert.Equal(("blobs-away", true), (problem.Code, problem.IsTransient));
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
    }

    /// <summary>Breaks off after some bytes.</summary>
    private sealed class CutStream(int length) : MemoryStream
    {
        private int _left = length;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(buffer.Length, _left);
            _left -= count;
            return count > 0 ? ValueTask.FromResult(count) : throw new IOException("The client went away.");
        }
    }
}
