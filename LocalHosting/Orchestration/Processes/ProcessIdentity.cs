using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Orchestration.Processes;

/// <summary>A process beyond doubt: numbers are used again, a number together with its start is not.</summary>
internal sealed record ProcessIdentity(int ProcessId, string Started)
{
    /// <summary>The living process with this number; null when there is none (a zombie counts as none).</summary>
    public static ProcessIdentity? Of(int processId)
    {
        if (OperatingSystem.IsLinux())
        {
            return StartTicks(processId) is { } ticks ? new(processId, $"{BootId.Value}:{ticks}") : null;
        }

        try
        {
            using var process = Process.GetProcessById(processId);
            return new(processId, process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Whether exactly this process still lives.</summary>
    public bool IsAlive() => Of(ProcessId) == this;

    private static readonly Lazy<string> BootId = new(static () =>
    {
        const string Path = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Path) ? File.ReadAllText(Path).Trim() : "";
    });

    // /proc/<pid>/stat: 1234 (name, may hold blanks and brackets) S 1 1234 ... ; after the bracket field 1 is the state, field 20 the start in ticks.
    private static string? StartTicks(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : fields[19];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
