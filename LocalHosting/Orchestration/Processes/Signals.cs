using System.Runtime.InteropServices;

namespace Aspire.Hosting.Orchestration.Processes;

/// <summary>POSIX signals by number; the four used here have the same number on Linux and macOS.</summary>
internal enum StopSignal
{
    /// <summary>What PostgreSQL calls a fast shutdown: sessions are ended, data is flushed.</summary>
    Interrupt = 2,

    /// <summary>At once, without a word to the process.</summary>
    Kill = 9,

    /// <summary>The polite request that every service understands.</summary>
    Terminate = 15,
}

/// <summary>Sends signals without starting a program for it.</summary>
internal static class Signals
{
    /// <summary>Sends to the process, or to its whole group. False when there is no such process or it is not ours to signal.</summary>
    public static bool Send(int processId, StopSignal signal, bool group = false)
    {
        // 0 and 1 would mean "my own group" and "everybody": never by accident.
        ArgumentOutOfRangeException.ThrowIfLessThan(processId, 2);
        return !OperatingSystem.IsWindows() && Kill(group ? -processId : processId, (int)signal) == 0;
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
