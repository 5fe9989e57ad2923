using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace Rag.Cli.Deployment.Bundle;

/// <summary>A file of a bundle: a text, or a file of this machine.</summary>
internal sealed record BundleFile(string? Text, string? Source, bool IsProgram = false, bool IsSecret = false)
{
    public Stream Open() => Source is null ? new MemoryStream(Encoding.UTF8.GetBytes(Text ?? "")) : File.OpenRead(Source);
}

/// <summary>
/// Writes a tar file that depends on its content alone: names in order, one time, one owner. Not compressed, because layers are. Nothing
/// stands under its name before it is whole. The format is GNU's: that of POSIX ends at 8 GiB, which images for GPUs exceed, and its successor
/// (pax) gets the number of the process written into it.
/// </summary>
internal static class BundleArchive
{
    private const string Checksums = "checksums.sha256";
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Program = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Some readers take 1970 for "unknown" and warn.
    private static readonly DateTimeOffset Time = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes it.</summary>
    /// <param name="file">Replaced when the new one is whole.</param>
    /// <param name="folder">Everything lies in a folder of this name.</param>
    /// <param name="files">By path in it; the checksums are added.</param>
    /// <param name="cancellationToken">Ends it; nothing is left then.</param>
    public static async Task WriteAsync(string file, string folder, IReadOnlyDictionary<string, BundleFile> files, CancellationToken cancellationToken)
    {
        var unfinished = $"{file}.{Guid.NewGuid():N}.unfinished";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows() && files.Values.Any(static one => one.IsSecret))
            {
                options.UnixCreateMode = Private;
            }

            await using (var output = new FileStream(unfinished, options))
            await using (var tar = new TarWriter(output, TarEntryFormat.Gnu, leaveOpen: true))
            {
                var checksums = new StringBuilder();
                foreach (var (name, content) in files.OrderBy(static one => one.Key, StringComparer.Ordinal))
                {
                    checksums.Append(await HashAsync(content, cancellationToken)).Append("  ").Append(name).Append('\n');
                    await AddAsync(tar, $"{folder}/{name}", content, cancellationToken);
                }

                await AddAsync(tar, $"{folder}/{Checksums}", new BundleFile(checksums.ToString(), Source: null), cancellationToken);
            }

            File.Move(unfinished, file, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static async Task<string> HashAsync(BundleFile content, CancellationToken cancellationToken)
    {
        await using var stream = content.Open();
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }

    internal static async Task AddAsync(TarWriter tar, string name, BundleFile content, CancellationToken cancellationToken)
    {
        await using var stream = content.Open();
        var entry = new GnuTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = stream,
            ModificationTime = Time,
            Mode = content.IsSecret ? Private : content.IsProgram ? Program : Plain,
        };
        await tar.WriteEntryAsync(entry, cancellationToken);
    }
}
