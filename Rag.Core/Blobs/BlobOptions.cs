using System.ComponentModel.DataAnnotations;
using Rag.Core.Blobs.S3;

namespace Rag.Core.Blobs;

/// <summary>Where originals are kept. Section <c>Rag:Blobs</c>.</summary>
public sealed class BlobOptions : IValidatableObject
{
    // A commit copies within the store, and one request copies no more.
    private const int LargestInBucketMiB = 5 * 1024;

    /// <summary>The store.</summary>
    public BlobProvider Provider { get; set; } = BlobProvider.Files;

    /// <summary>Root folder of <see cref="BlobProvider.Files"/>, shared by the API and the workers.</summary>
    [Required(ErrorMessage = "Rag:Blobs:Path must name a folder.")]
    public string Path { get; set; } = System.IO.Path.Combine(".rag", "blobs");

    /// <summary>Largest original, in MiB; in a bucket at most 5,120.</summary>
    [Range(1, 65_536)]
    public int MaxFileMiB { get; set; } = 256;

    /// <summary>The bucket of <see cref="BlobProvider.S3"/>.</summary>
    public S3Options S3 { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Provider != BlobProvider.S3)
        {
            yield break;
        }

        if (string.IsNullOrWhiteSpace(S3.Bucket))
        {
            yield return new ValidationResult("Rag:Blobs:S3:Bucket is missing; with Rag:Blobs:Provider 's3' it names the bucket that holds the originals.");
        }

        if (S3.Endpoint is { } endpoint && !(endpoint.IsAbsoluteUri && endpoint.Scheme is "http" or "https"))
        {
            yield return new ValidationResult($"Rag:Blobs:S3:Endpoint = '{endpoint}' is not valid; it is a URL such as https://minio.example.com:9000.");
        }

        if (S3.Endpoint is { IsAbsoluteUri: true, UserInfo.Length: > 0 })
        {
            yield return new ValidationResult("Rag:Blobs:S3:Endpoint holds credentials; give them as Rag:Blobs:S3:AccessKeyIdFile and SecretAccessKeyFile.");
        }

        if (IsGiven(S3.AccessKeyId, S3.AccessKeyIdFile) != IsGiven(S3.SecretAccessKey, S3.SecretAccessKeyFile))
        {
            yield return new ValidationResult("Of Rag:Blobs:S3:AccessKeyId and SecretAccessKey (or their files) there is only one; both are needed, or neither where the AWS SDK finds keys by itself.");
        }

        if (MaxFileMiB > LargestInBucketMiB)
        {
            yield return new ValidationResult($"Rag:Blobs:MaxFileMiB = '{MaxFileMiB}' is not valid with Rag:Blobs:Provider 's3'; allowed: 1 to {LargestInBucketMiB}.");
        }

        static bool IsGiven(string? value, string? file) => value is { Length: > 0 } || file is { Length: > 0 };
    }
}

/// <summary>Where originals are kept.</summary>
public enum BlobProvider
{
    /// <summary>In a folder that the API and the workers share.</summary>
    Files,

    /// <summary>In the database: where they share no folder.</summary>
    Postgres,

    /// <summary>In a bucket of an object store.</summary>
    S3,
}
