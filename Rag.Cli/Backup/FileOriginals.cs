using System.Security.Cryptography;
using Rag.Core.Blobs;

namespace Rag.Cli.Backup;

/// <summary>Originals in a folder, as Rag.Core's <c>FileBlobStore</c> lays it out.</summary>
internal static class FileOriginals
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Opens an original; null when it is not there.</summary>
    public static FileStream? Open(BlobEntry blob, string root)
    {
        var path = PathOf(blob, root);
        return File.Exists(path) ? File.OpenRead(path) : null;
    }

    /// <summary>Makes the folder a store, by the folder for unfinished files, without which the services take it for one that is not mounted.</summary>
    public static void Prepare(string root) => DurableFiles.CreateDirectory(Path.Combine(root, ".staging"));

    /// <summary>
    /// Takes the mark of the installation that was there off its own folder: the restored one, which came with the archive, marks it anew. A folder
    /// that is another installation's keeps its mark.
    /// </summary>
    public static void Release(string root, Guid former)
    {
        var owner = Path.Combine(root, ".owner");
        if (File.Exists(owner) && File.ReadAllText(owner).Trim() == former.ToString())
        {
            File.Delete(owner);
        }
    }

    /// <summary>Writes an original, unless the same content is there; a damaged one is replaced.</summary>
    public static async Task StoreAsync(BlobEntry blob, string root, Stream content, CancellationToken cancellationToken)
    {
        await using (var held = Open(blob, root))
        {
            if (held is not null && Convert.ToHexStringLower(await SHA256.HashDataAsync(held, cancellationToken)) == blob.Sha256)
            {
                return;
            }
        }

        var path = PathOf(blob, root);
        var folder = Path.GetDirectoryName(path)!;
        DurableFiles.CreateDirectory(folder);
        var unfinished = $"{path}.{Guid.NewGuid():N}.restoring";
        try
        {
            await using (var target = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write))
            {
                await content.CopyToAsync(target, BufferSize, cancellationToken);
                target.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }

        DurableFiles.FlushDirectory(folder);
    }

    private static string PathOf(BlobEntry blob, string root) => Path.Combine(root, blob.Collection.ToString("D"), blob.Sha256[..2], blob.Sha256);
}
