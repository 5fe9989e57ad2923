using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Blobs.S3;

/// <summary>
/// A bucket of Amazon S3, or of a store that speaks as it does. Section <c>Rag:Blobs:S3</c>. Without keys they are looked for in the AWS SDK's
/// environment variables and files, and at the service of the machine or the container; not by a web identity.
/// </summary>
public sealed class S3Options
{
    /// <summary>Root of its API, such as <c>https://minio.example.com:9000</c>; null: Amazon's in <see cref="Region"/>.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The bucket. It has to exist.</summary>
    [RegularExpression("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", ErrorMessage = "Rag:Blobs:S3:Bucket may hold a-z, 0-9, - and ., 3 to 63 characters.")]
    public string? Bucket { get; set; }

    /// <summary>The region that it is in, which is a part of what is signed.</summary>
    [RegularExpression("^[A-Za-z0-9-]{1,64}$", ErrorMessage = "Rag:Blobs:S3:Region may hold letters, digits and -.")]
    public string Region { get; set; } = "us-east-1";

    /// <summary>Folder in the bucket; empty: its root. Installations that share a bucket need one each.</summary>
    [RegularExpression("^([A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$", ErrorMessage = "Rag:Blobs:S3:Prefix may hold folders of letters, digits, ., _ and - with / between them; none begins with '.'.")]
    public string Prefix { get; set; } = "";

    /// <summary>Whether the bucket is named in the path, which every store understands, and not in the host's name.</summary>
    public bool PathStyle { get; set; } = true;

    /// <summary>Name of the key.</summary>
    public string? AccessKeyId { get; set; }

    /// <summary>The key itself.</summary>
    public string? SecretAccessKey { get; set; }

    /// <summary>File with the name of the key; it wins over <see cref="AccessKeyId"/> and is read anew for every request, so that keys may change.</summary>
    public string? AccessKeyIdFile { get; set; }

    /// <summary>File with the key itself, likewise.</summary>
    public string? SecretAccessKeyFile { get; set; }
}
