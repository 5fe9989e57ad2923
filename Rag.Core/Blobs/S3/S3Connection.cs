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
    private readonly AmazonS3Client _once;
    private readonly S3Options _options;

    public S3Connection(IOptions<BlobOptions> options)
    {
        _options = options.Value.S3;
        Bucket = _options.Bucket!;
        Root = _options.Prefix.Length == 0 ? "" : $"{_options.Prefix}/";
        _client = Create(_options, retries: 2);
        _once = Create(_options, retries: 0);
    }

    /// <summary>Its name.</summary>
    public string Bucket { get; }

    /// <summary>What every name in it begins with: empty, or a folder with the <c>/</c> behind it.</summary>
    public string Root { get; }

    /// <summary>Objects of one answer; a thousand are what stores give at most.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>How long one request may take with all of its tries, up to the last byte of its answer; for a part of an upload it is the slowest way there that is borne.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>Sends a request.</summary>
    /// <param name="request">What is sent.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="patience">Instead of <see cref="Patience"/>.</param>
    /// <exception cref="RagException"><c>blobs-away</c> or <c>disk-full</c>.</exception>
    public Task<T> SendAsync<T>(Func<IAmazonS3, CancellationToken, Task<T>> request, CancellationToken cancellationToken, TimeSpan? patience = null) =>
        SendAsync(_client, request, patience ?? Patience, cancellationToken);

    /// <summary>Sends a request about one object; null when there is none of that name.</summary>
    /// <exception cref="RagException"><c>blobs-away</c> or <c>disk-full</c>.</exception>
    public Task<T?> FindAsync<T>(Func<IAmazonS3, CancellationToken, Task<T>> request, CancellationToken cancellationToken, TimeSpan? patience = null)
        where T : class => SendAsync(_client, (client, token) => FindAsync(client, request, token), patience ?? Patience, cancellationToken);

    /// <summary>What the store says of an object; null when there is none of that name.</summary>
    public Task<GetObjectMetadataResponse?> HeadAsync(string key, CancellationToken cancellationToken) => FindAsync(
        (client, token) => client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = Bucket, Key = key }, token), cancellationToken);

    /// <summary>
    /// Removes an object; nothing happens when there is none. It is sent once and its answer is waited for, whoever gives up meanwhile: a removal
    /// that is still on its way when its caller has let go of the lock would take what was written next.
    /// </summary>
    public Task DeleteAsync(string key) => SendAsync(
        _once,
        (client, token) => FindAsync(client, (one, until) => one.DeleteObjectAsync(new DeleteObjectRequest { BucketName = Bucket, Key = key }, until), token),
        Patience,
        CancellationToken.None);

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

            request.ContinuationToken = page.NextContinuationToken ?? throw S3Fault.Unfinished();
        }
    }

    /// <summary>The failure that is to be told when there is nothing that says that this is the store.</summary>
    public RagException NoStore() => S3Fault.NoStore(_options);

    /// <summary>A failure of reading what a request answered, in words.</summary>
    public RagException Fault(Exception exception) => S3Fault.From(exception, _options);

    public void Dispose()
    {
        _client.Dispose();
        _once.Dispose();
    }

    // The client's own time-out ends with the first byte of an answer.
    private async Task<T> SendAsync<T>(IAmazonS3 client, Func<IAmazonS3, CancellationToken, Task<T>> request, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            return await request(client, limit.Token);
        }
        catch (Exception e) when (S3Fault.Is(e, cancellationToken))
        {
            throw S3Fault.From(e, _options);
        }
    }

    private static async Task<T?> FindAsync<T>(IAmazonS3 client, Func<IAmazonS3, CancellationToken, Task<T>> request, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await request(client, cancellationToken);
        }
        catch (AmazonS3Exception e) when (S3Fault.IsNothingThere(e))
        {
            return null;
        }
    }

    private static AmazonS3Client Create(S3Options options, int retries)
    {
        var settings = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            AuthenticationRegion = options.Region,
            IgnoreConfiguredEndpointUrls = true,
            // Amazon's own way of telling that nothing was changed on the way is not every store's; originals are known by their SHA-256 anyway.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = retries,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            // Each request has its own.
            Timeout = TimeSpan.FromHours(1),
        };
        if (options.Endpoint is { } endpoint)
        {
            settings.ServiceURL = endpoint.AbsoluteUri;
            // Ways to Amazon's own endpoints, which the environment may ask for.
            settings.UseFIPSEndpoint = false;
            settings.UseDualstackEndpoint = false;
        }
        else
        {
            settings.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        return HasKeys(options) ? new AmazonS3Client(new Keys(options), settings) : new AmazonS3Client(settings);
    }

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
            if (file is not { Length: > 0 })
            {
                return null;
            }

            try
            {
                return File.ReadAllText(file).Trim() is { Length: > 0 } key ? key : throw new S3KeysException($"The file '{file}' for the key of the object store is empty (Rag:Blobs:S3:{setting}).", null);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new S3KeysException($"The key of the object store cannot be read from '{file}' (Rag:Blobs:S3:{setting}).", e);
            }
        }
    }
}
