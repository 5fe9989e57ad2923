using System.Runtime.CompilerServices;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Options;

namespace Rag.Core.Blobs.S3;

/// <summary>The bucket: a client that is set up for any store that speaks S3, and its failures in words. Thread-safe; one for a process.</summary>
internal sealed class S3Connection : IDisposable
{
    private readonly AmazonS3Client _client;
    private readonly S3Options _options;

    public S3Connection(IOptions<BlobOptions> options)
    {
        _options = options.Value.S3;
        Bucket = _options.Bucket!;
        Root = _options.Prefix.Length == 0 ? "" : $"{_options.Prefix}/";
        var settings = new AmazonS3Config
        {
            ForcePathStyle = _options.PathStyle,
            AuthenticationRegion = _options.Region,
            IgnoreConfiguredEndpointUrls = true,
            // Amazon's own way of telling that nothing was changed on the way is not every store's; originals are known by their SHA-256 anyway.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = 2,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            // For a part of an upload too, so it is the slowest way there that is borne.
            Timeout = TimeSpan.FromSeconds(100),
        };
        if (_options.Endpoint is { } endpoint)
        {
            settings.ServiceURL = endpoint.AbsoluteUri;
        }
        else
        {
            settings.RegionEndpoint = RegionEndpoint.GetBySystemName(_options.Region);
        }

        _client = HasKeys(_options) ? new AmazonS3Client(new Keys(_options), settings) : new AmazonS3Client(settings);
    }

    /// <summary>Its name.</summary>
    public string Bucket { get; }

    /// <summary>What every name in it begins with: empty, or a folder with the <c>/</c> behind it.</summary>
    public string Root { get; }

    /// <summary>Objects of one answer; a thousand are what stores give at most.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>Sends a request.</summary>
    /// <exception cref="RagException"><c>blobs-away</c> or <c>disk-full</c>.</exception>
    public async Task<T> SendAsync<T>(Func<IAmazonS3, CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        try
        {
            return await request(_client, cancellationToken);
        }
        catch (Exception e) when (S3Fault.Is(e, cancellationToken))
        {
            throw S3Fault.From(e, _options);
        }
    }

    /// <summary>Sends a request about one object; null when there is none of that name.</summary>
    /// <exception cref="RagException"><c>blobs-away</c> or <c>disk-full</c>.</exception>
    public Task<T?> FindAsync<T>(Func<IAmazonS3, CancellationToken, Task<T>> request, CancellationToken cancellationToken)
        where T : class => SendAsync(
            async (client, token) =>
            {
                try
                {
                    return await request(client, token);
                }
                catch (AmazonS3Exception e) when (S3Fault.IsNothingThere(e))
                {
                    return null;
                }
            },
            cancellationToken);

    /// <summary>What the store says of an object; null when there is none of that name.</summary>
    public Task<GetObjectMetadataResponse?> HeadAsync(string key, CancellationToken cancellationToken) => FindAsync(
        (client, token) => client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = Bucket, Key = key }, token), cancellationToken);

    /// <summary>Objects below a folder of ours, a page at a time.</summary>
    public async IAsyncEnumerable<S3Object> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = Bucket, Prefix = Root + folder, MaxKeys = PageSize };
        while (true)
        {
            var page = await SendAsync((client, token) => client.ListObjectsV2Async(request, token), cancellationToken);
            foreach (var found in page.S3Objects ?? [])
            {
                yield return found;
            }

            if (page.IsTruncated != true)
            {
                yield break;
            }

            request.ContinuationToken = page.NextContinuationToken;
        }
    }

    /// <summary>Removes an object; nothing happens when there is none.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        SendAsync((client, token) => client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = Bucket, Key = key }, token), cancellationToken);

    /// <summary>The failure that is to be told when there is nothing that says that this is the store.</summary>
    public RagException NoStore() => S3Fault.NoStore(_options);

    /// <summary>A failure of reading what a request answered, in words.</summary>
    public RagException Fault(Exception exception) => S3Fault.From(exception, _options);

    public void Dispose() => _client.Dispose();

    private static bool HasKeys(S3Options options) => options.AccessKeyId is { Length: > 0 } || options.AccessKeyIdFile is { Length: > 0 };

    /// <summary>Keys of the configuration. Files are read for each request: they are small, in memory, and may be replaced at any time.</summary>
    private sealed class Keys(S3Options options) : AWSCredentials
    {
        public override ImmutableCredentials GetCredentials() => new(
            Read(options.AccessKeyIdFile, nameof(options.AccessKeyIdFile)) ?? options.AccessKeyId,
            Read(options.SecretAccessKeyFile, nameof(options.SecretAccessKeyFile)) ?? options.SecretAccessKey,
            token: null);

        private static string? Read(string? file, string setting)
        {
            try
            {
                return file is { Length: > 0 } ? File.ReadAllText(file).Trim() : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new S3KeysException($"The key of the object store cannot be read from '{file}' (Rag:Blobs:S3:{setting}).", e);
            }
        }
    }
}
