using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Blobs;

/// <summary>Where originals are kept. Section <c>Rag:Blobs</c>.</summary>
public sealed class BlobOptions
{
    /// <summary>The store; <c>files</c> is the one there is.</summary>
    [AllowedValues("files", ErrorMessage = "Rag:Blobs:Provider must be 'files'.")]
    public string Provider { get; set; } = "files";

    /// <summary>Root folder, shared by the API and the workers.</summary>
    [Required(ErrorMessage = "Rag:Blobs:Path must name a folder.")]
    public string Path { get; set; } = System.IO.Path.Combine(".rag", "blobs");

    /// <summary>Largest original, in MiB.</summary>
    [Range(1, 65_536)]
    public int MaxFileMiB { get; set; } = 256;
}
