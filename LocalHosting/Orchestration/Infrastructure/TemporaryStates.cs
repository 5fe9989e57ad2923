using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.Orchestration.Processes;

namespace Aspire.Hosting.Orchestration.Infrastructure;

/// <summary>
/// Remembers temporary state directories, which nobody would find again when their host was killed. The list is a folder in the account's
/// own data: what lies in the common temporary folder is not believed when it names processes to end.
/// </summary>
internal static class TemporaryStates
{
    public static void Add(string path)
    {
        if (FileOf(path) is { } file)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, path);
        }
    }

    public static void Remove(string path)
    {
        if (FileOf(path) is { } file && File.Exists(file))
        {
            File.Delete(file);
        }
    }

    /// <summary>Ends what killed hosts left in such directories, and removes them. <paramref name="own"/> is about to be used.</summary>
    public static async Task CleanAsync(string own, Action<string> log, CancellationToken cancellationToken)
    {
        if (Root is not { } root || !Directory.Exists(root))
        {
            return;
        }

        foreach (var file in Directory.GetFiles(root))
        {
            var path = Path.TrimEndingDirectorySeparator(await ReadAsync(file, cancellationToken));
            var runs = RunRecords.RunsDirectory(path);
            // Without a folder for runs its host has just made it, or was killed in that moment: a day tells which.
            if (path.Length == 0 || path == own || (!Directory.Exists(runs) && File.GetLastWriteTimeUtc(file) > DateTime.UtcNow.AddDays(-1)))
            {
                continue;
            }

            await Leftovers.EndAsync(path, log, cancellationToken);
            if (!Directory.Exists(runs) || !Directory.EnumerateFileSystemEntries(runs).Any())
            {
                StateDirectory.Abandoned(path).Dispose();
            }
        }
    }

    // Null for an account without a home.
    private static string? Root =>
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create) is { Length: > 0 } data
            ? Path.Combine(data, "ragplatform", "temporary")
            : null;

    private static string? FileOf(string path) => Root is { } root
        ? Path.Combine(root, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(path)), 0, 8))
        : null;

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancellationToken);
        }
        catch (FileNotFoundException)
        {
            // Its host ended well in this moment.
            return "";
        }
    }
}
