using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace Rag.Core.Blobs.S3;

/// <summary>What goes wrong with the object store, in words. All of it is passing, like what goes wrong with a folder: see <see cref="StoreFault"/>.</summary>
internal static class S3Fault
{
    private static readonly string[] FullStore = ["XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "InsufficientCapacity"];
    private static readonly string[] WrongRegion = ["AuthorizationHeaderMalformed", "PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException"];

    /// <summary>Whether the store, or the way to it, failed; a caller who gave up is something else.</summary>
    public static bool Is(Exception exception, CancellationToken cancellationToken) => exception
        is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>Whether the store said that it has nothing of that name, or not the object that was meant.</summary>
    public static bool IsNothingThere(AmazonS3Exception exception) =>
        exception.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed && exception.ErrorCode != "NoSuchBucket";

    public static RagException From(Exception exception, S3Options options) => exception switch
    {
        AmazonServiceException { ErrorCode: "NoSuchBucket" } => Away(
            $"The object store has no bucket '{options.Bucket}' (Rag:Blobs:S3:Bucket). Make it, or name the one that holds the originals.", exception),
        AmazonServiceException { ErrorCode: "RequestTimeTooSkewed" } => Away(
            "The object store refuses this service because their clocks differ by more than it allows. Set both by a time server.", exception),
        AmazonServiceException e when FullStore.Contains(e.ErrorCode) || e.StatusCode == HttpStatusCode.InsufficientStorage => new RagException(
            "disk-full", "The object store that holds the originals is full. Make room in it (Rag:Blobs:S3) and send the file again.", isTransient: true, exception),
        AmazonServiceException e when WrongRegion.Contains(e.ErrorCode) || e.StatusCode == HttpStatusCode.MovedPermanently => Away(
            $"The bucket '{options.Bucket}' is not in the region '{options.Region}' (Rag:Blobs:S3:Region). Name the one that it is in.", exception),
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } e => Away(
            $"The object store refuses this service ({e.ErrorCode}). Check its keys (Rag:Blobs:S3:AccessKeyIdFile and SecretAccessKeyFile), and that they may list, read, write and delete in bucket '{options.Bucket}'.",
            exception),
        S3KeysException => Away(exception.Message, exception),
        _ => Away(
            $"The object store ({options.Endpoint?.GetLeftPart(UriPartial.Authority) ?? $"Amazon S3, {options.Region}"}) cannot be reached or does not answer at the moment. Check that it runs and that Rag:Blobs:S3:Endpoint names it.",
            exception),
    };

    /// <summary>Without the object that the first upload left, nothing can be said of any original: it may be another bucket, or another folder of it.</summary>
    public static RagException NoStore(S3Options options) => Away(
        $"Nothing in bucket '{options.Bucket}'{(options.Prefix.Length > 0 ? $" below '{options.Prefix}'" : "")} says that originals are kept there. Check Rag:Blobs:S3:Bucket and Prefix.", null);

    public static RagException Away(string message, Exception? inner) => new(StoreFault.Away, message, isTransient: true, inner);
}

/// <summary>The keys cannot be read.</summary>
internal sealed class S3KeysException(string message, Exception inner) : AmazonClientException(message, inner);
