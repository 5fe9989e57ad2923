using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace Rag.Core.Blobs.S3;

/// <summary>What goes wrong with the object store, in words. All of it is passing, like what goes wrong with a folder: see <see cref="StoreFault"/>.</summary>
internal static class S3Fault
{
    private static readonly string[] FullStore = ["XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "InsufficientCapacity"];

    /// <summary>Whether the store, or the way to it, failed: everything that sending a request ends with, but for a caller who gave up.</summary>
    public static bool Is(Exception exception, CancellationToken cancellationToken) =>
        exception is not RagException && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested);

    /// <summary>Whether the store said that it has nothing of that name, or not the object that was meant.</summary>
    public static bool IsNothingThere(AmazonS3Exception exception) =>
        exception.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed && exception.ErrorCode != "NoSuchBucket";

    public static RagException From(Exception exception, S3Options options) => exception switch
    {
        AmazonServiceException e => FromAnswer(e, options),
        S3KeysException => Away(exception.Message, exception),
        AmazonClientException when exception.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase) => Away(
            $"No keys for the object store were found ({exception.Message}). Name them in Rag:Blobs:S3:AccessKeyIdFile and SecretAccessKeyFile.", exception),
        AmazonClientException or HttpRequestException or IOException or TimeoutException or OperationCanceledException => Away(Unreached(options), exception),
        _ => Away($"What answers as the object store ({AddressOf(options)}) is not understood ({exception.GetType().Name}). Does Rag:Blobs:S3:Endpoint name the root of an S3 API?", exception),
    };

    /// <summary>Without the object that the first upload left, nothing can be said of any original: it may be another bucket, or another folder of it.</summary>
    public static RagException NoStore(S3Options options) => Away(
        $"Nothing in bucket '{options.Bucket}'{(options.Prefix.Length > 0 ? $" below '{options.Prefix}'" : "")} says that originals are kept there. Check Rag:Blobs:S3:Bucket and Prefix.", null);

    /// <summary>A list says that it goes on, and not where.</summary>
    public static RagException Unfinished() => Away("The object store says that a list goes on, and not where: it does not do what S3 does.", null);

    public static RagException Away(string message, Exception? inner) => new(StoreFault.Away, message, isTransient: true, inner);

    private static RagException FromAnswer(AmazonServiceException exception, S3Options options) => exception switch
    {
        { ErrorCode: "NoSuchBucket" } => Away($"The object store has no bucket '{options.Bucket}' (Rag:Blobs:S3:Bucket). Make it, or name the one that holds the originals.", exception),
        { ErrorCode: "RequestTimeTooSkewed" } => Away("The object store refuses this service because their clocks differ by more than it allows. Set both by a time server.", exception),
        _ when FullStore.Contains(exception.ErrorCode) || exception.StatusCode == HttpStatusCode.InsufficientStorage => new RagException(
            "disk-full", "The object store that holds the originals is full. Make room in it (Rag:Blobs:S3) and send the file again.", isTransient: true, exception),
        _ when exception.ErrorCode == "AuthorizationHeaderMalformed" || (options.Endpoint is null && IsElsewhere(exception)) => Away(
            $"The bucket '{options.Bucket}' is not in the region '{options.Region}' (Rag:Blobs:S3:Region). Name the one that it is in.", exception),
        _ when IsElsewhere(exception) => Away(
            $"What answers at {AddressOf(options)} sends elsewhere ({(int)exception.StatusCode}). Name the address of the object store itself in Rag:Blobs:S3:Endpoint, and the bucket's region in Region.", exception),
        { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } => Away(
            $"The object store refuses this service ({exception.ErrorCode}). Check its keys (Rag:Blobs:S3:AccessKeyIdFile and SecretAccessKeyFile), and that they may list, read, write and delete in bucket '{options.Bucket}'.",
            exception),
        { StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError } => Away(
            $"The object store refuses what it was asked ({(int)exception.StatusCode} {exception.ErrorCode}). Check Rag:Blobs:S3, and what the store demands of uploads.", exception),
        _ => Away(Unreached(options), exception),
    };

    private static bool IsElsewhere(AmazonServiceException exception) => (int)exception.StatusCode is 301 or 302 or 307 or 308;

    private static string Unreached(S3Options options) =>
        $"The object store ({AddressOf(options)}) cannot be reached or does not answer at the moment. Check that it runs and that Rag:Blobs:S3:Endpoint names it.";

    private static string AddressOf(S3Options options) => options.Endpoint?.GetLeftPart(UriPartial.Authority) ?? $"Amazon S3, {options.Region}";
}

/// <summary>The keys cannot be read.</summary>
internal sealed class S3KeysException(string message, Exception? inner) : AmazonClientException(message, inner);
