using System.Runtime.InteropServices;

namespace Rag.Core.Extraction.ChildProcess;

/// <summary>What a child started and what can no longer be found from it, because whoever started it is gone: all of it is in the child's group.</summary>
internal static class ProcessGroup
{
    private const int Kill = 9;
    private const int NoSuchProcess = 3; // ESRCH on Linux and macOS

    /// <summary>
    /// Ends whatever is left of the group that this process led. Only after the process has ended and been waited for. Does nothing where it led none:
    /// no group has its number then.
    /// </summary>
    public static void EndLeftovers(int leader)
    {
        // 0 and 1 would mean "my own group" and "everybody": never by accident.
        ArgumentOutOfRangeException.ThrowIfLessThan(leader, 2);

        // As long as one member lives, the kernel gives the number to no new process. So where there is one with it, the group was empty, and what
        // has its number now is somebody else's.
        if (!OperatingSystem.IsWindows() && Signal(leader, 0) != 0 && Marshal.GetLastPInvokeError() == NoSuchProcess)
        {
            // It fails with ESRCH where nothing is left, which is the ordinary case.
            _ = Signal(-leader, Kill);
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int processId, int signal);
}
