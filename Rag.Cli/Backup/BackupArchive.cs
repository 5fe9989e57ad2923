using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace Rag.Cli.Backup;

/// <summary>Reads an archive, entry by entry, and checks it as a whole.</summary>
internal static class BackupArchive
{
    private const string Damaged = "The archive is damaged or incomplete; use another one. Nothing was changed.";

    // A manifest names every original; beyond this something else poses as one.
    private const long MaxManifestBytes = 1L << 30;

    /// <summary>Reads the whole archive and compares every entry's hash with the manifest.</summary>
    /// <exception cref="CliException">It is no archive, is cut off, or holds something else than its manifest says.</exception>
    public static async Task<BackupManifest> VerifyAsync(string file, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        BackupManifest? manifest = null;
        try
        {
            await foreach (var (name, content) in EntriesAsync(file, cancellationToken))
            {
                if (name == BackupManifest.EntryName)
                {
                    manifest = await ReadManifestAsync(content, cancellationToken);
                }
                else if (!found.TryAdd(name, Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken))))
                {
                    throw new CliException($"The archive holds '{name}' twice.", Damaged);
                }
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new CliException($"'{file}' cannot be read as an archive of 'rag backup'.", Damaged, ExitCode.Failed, exception);
        }

        if (manifest is null)
        {
            throw new CliException($"'{file}' ends before its manifest.", Damaged);
        }

        Compare(manifest, found);
        return manifest;
    }

    /// <summary>The entries in their order; each stream is to be read before the next entry is asked for.</summary>
    public static async IAsyncEnumerable<(string Name, Stream Content)> EntriesAsync(
        string file, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var input = File.OpenRead(file);
        await using var uncompressed = new GZipStream(input, CompressionMode.Decompress);
        await using var tar = new TarReader(uncompressed, leaveOpen: true);
        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            yield return (entry.Name, entry.DataStream ?? Stream.Null);
        }

        // The reader stops at the archive's end mark; the checksum of the whole stands behind it and is compared when it is read.
        await uncompressed.CopyToAsync(Stream.Null, cancellationToken);
    }

    private static void Compare(BackupManifest manifest, Dictionary<string, string> found)
    {
        var expected = manifest.Tables.Select(table => (table.EntryName, table.Sha256))
            .Concat(manifest.Blobs.Select(blob => (blob.EntryName, blob.Sha256)));
        foreach (var (name, hash) in expected)
        {
            if (!found.Remove(name, out var actual))
            {
                throw new CliException($"The archive lacks '{name}'.", Damaged);
            }

            if (actual != hash)
            {
                throw new CliException($"The content of '{name}' is not what the manifest says.", Damaged);
            }
        }

        if (found.Keys.FirstOrDefault() is { } unknown)
        {
            throw new CliException($"The archive holds '{unknown}', which its manifest does not name.", Damaged);
        }
    }

    private static async Task<BackupManifest> ReadManifestAsync(Stream content, CancellationToken cancellationToken)
    {
        if (content.Length > MaxManifestBytes)
        {
            throw new CliException("The archive's manifest is too large.", Damaged);
        }

        await using var text = new MemoryStream();
        await content.CopyToAsync(text, cancellationToken);
        return BackupManifest.Parse(text.GetBuffer().AsSpan(0, (int)text.Length));
    }
}
