using System.ComponentModel.DataAnnotations;
using Rag.Core.Blobs.S3;

namespace Rag.Core.Blobs;

/// <summary>Where originals are kept. Section <c>Rag:Blobs</c>.</summary>
public sealed class BlobOptions
{
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
