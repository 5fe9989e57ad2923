using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Rag.Core.Blobs.S3;

/// <summary>What a bucket is reached with, where originals are in one.</summary>
internal sealed class S3OptionsValidation : IValidateOptions<BlobOptions>
{
    // A commit copies within the store, and one request copies no more.
    private const int LargestMiB = 5 * 1024;

    public ValidateOptionsResult Validate(string? name, BlobOptions options)
    {
        if (options.Provider != BlobProvider.S3)
        {
            return ValidateOptionsResult.Skip;
        }

        var attributes = new List<ValidationResult>();
        Validator.TryValidateObject(options.S3, new ValidationContext(options.S3), attributes, validateAllProperties: true);
        string[] problems = [.. attributes.Select(static problem => problem.ErrorMessage!), .. Problems(options)];
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> Problems(BlobOptions options)
    {
        var bucket = options.S3;
        if (string.IsNullOrWhiteSpace(bucket.Bucket))
        {
            yield return "Rag:Blobs:S3:Bucket is missing; with Rag:Blobs:Provider 's3' it names the bucket that holds the originals.";
        }

        if (bucket.Endpoint?.OriginalString.Contains('@', StringComparison.Ordinal) == true)
        {
            yield return "Rag:Blobs:S3:Endpoint holds credentials; give them as Rag:Blobs:S3:AccessKeyIdFile and SecretAccessKeyFile.";
        }
        else if (bucket.Endpoint is { } endpoint && !(endpoint.IsAbsoluteUri && endpoint.Scheme is "http" or "https"))
        {
            yield return $"Rag:Blobs:S3:Endpoint = '{endpoint.OriginalString}' is not valid; it is a URL such as https://minio.example.com:9000.";
        }

        if (IsGiven(bucket.AccessKeyId, bucket.AccessKeyIdFile) != IsGiven(bucket.SecretAccessKey, bucket.SecretAccessKeyFile))
        {
            yield return "Of Rag:Blobs:S3:AccessKeyId and SecretAccessKey (or their files) there is only one; both are needed, or neither where the AWS SDK finds keys by itself.";
        }

        if (options.MaxFileMiB > LargestMiB)
        {
            yield return $"Rag:Blobs:MaxFileMiB = '{options.MaxFileMiB}' is not valid with Rag:Blobs:Provider 's3'; allowed: 1 to {LargestMiB}.";
        }
    }

    private static bool IsGiven(string? value, string? file) => value is { Length: > 0 } || file is { Length: > 0 };
}
