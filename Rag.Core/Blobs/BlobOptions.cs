using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Blobs;

/// <summary>Where originals are kept. Section <c>Rag:Blobs</c>.</summary>
public sealed class BlobOptions
{
    /// <summary>The store.</summary>
    public BlobProvider Provider { get; set; } = BlobProvider.Files;

    /// <summary>Root folder of <see cref="BlobProvider.Files"/>, shared by the API and the workers.</summary>
    [Required(ErrorMessage = "Rag:Blobs:Path must name a folder.")]
    public string Path { get; set; } = System.IO.Path.Combine(".rag", "blobs");

    /// <summary>Largest original, in MiB.</summary>
    [Range(1, 65_536)]
    public int MaxFileMiB { get; set; } = 256;
}

/// <summary>Where originals are kept.</summary>
public enum BlobProvider
{
    /// <summary>In a folder that the API and the workers share.</summary>
    Files,

    /// <summary>In the database: where they share no folder.</summary>
    Postgres,
}
