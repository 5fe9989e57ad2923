using System.Globalization;

namespace Aspire.Hosting.Orchestration.Endpoints;

/// <summary>Says who listens on a port, as far as this account may see it.</summary>
internal static class PortOwner
{
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>"'name' (process 123)", or null when it cannot be seen (not Linux, or another account's process).</summary>
    public static string? Describe(int port)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var inodes = Tables
            .Where(File.Exists)
            .SelectMany(path => ListenerInodes(File.ReadLines(path), port))
            .ToHashSet(StringComparer.Ordinal);
        return inodes.Count == 0 ? null : Owner(inodes);
    }

    /// <summary>
    /// Inodes of the sockets that listen on the port. A line of /proc/net/tcp:
    /// <c>0: 0100007F:1432 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101   0 23456 1 ...</c>
    /// (local address:port in hex, state 0A is LISTEN, the inode is the tenth field).
    /// </summary>
    internal static IEnumerable<string> ListenerInodes(IEnumerable<string> lines, int port)
    {
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        foreach (var line in lines)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[3] == "0A" && fields[1].EndsWith(suffix, StringComparison.Ordinal))
            {
                yield return fields[9];
            }
        }
    }

    private static string? Owner(HashSet<string> inodes)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            var id = Path.GetFileName(process);
            if (!char.IsAsciiDigit(id[0]))
            {
                continue;
            }

            try
            {
                // A descriptor of a socket links to "socket:[23456]".
                if (Directory.EnumerateFiles(Path.Combine(process, "fd"))
                    .Select(static descriptor => new FileInfo(descriptor).LinkTarget)
                    .Any(target => target is not null && target.StartsWith("socket:[", StringComparison.Ordinal) && inodes.Contains(target[8..^1])))
                {
                    return $"'{File.ReadAllText(Path.Combine(process, "comm")).Trim()}' (process {id})";
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile, or another account's: then its descriptors are not ours to see.
            }
        }

        return null;
    }
}
