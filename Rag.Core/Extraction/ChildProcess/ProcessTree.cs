using System.Diagnostics;
using System.Globalization;

namespace Rag.Core.Extraction.ChildProcess;

/// <summary>Memory of a process and everything it started.</summary>
internal static class ProcessTree
{
    private const int DeepestTree = 8;

    /// <summary>Resident bytes of the process and its descendants; 0 when it is gone. Elsewhere than on Linux of the process alone.</summary>
    public static long ResidentBytes(Process process)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                return ResidentBytes(process.Id, 0);
            }

            process.Refresh();
            return process.WorkingSet64;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or FormatException)
        {
            return 0; // it ended while it was looked at
        }
    }

    private static long ResidentBytes(int id, int depth)
    {
        // "36864 5120 2560 ..." in pages: total size, resident, shared
        var fields = File.ReadAllText($"/proc/{id}/statm").Split(' ');
        var bytes = long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        if (depth >= DeepestTree)
        {
            return bytes;
        }

        foreach (var thread in Directory.EnumerateDirectories($"/proc/{id}/task"))
        {
            var children = Path.Combine(thread, "children");
            if (!File.Exists(children))
            {
                continue;
            }

            foreach (var child in File.ReadAllText(children).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                bytes += ChildBytes(int.Parse(child, CultureInfo.InvariantCulture), depth + 1);
            }
        }

        return bytes;
    }

    private static long ChildBytes(int id, int depth)
    {
        try
        {
            return ResidentBytes(id, depth);
        }
        catch (IOException)
        {
            return 0; // a tool that has just ended must not hide the process that started it
        }
    }
}
