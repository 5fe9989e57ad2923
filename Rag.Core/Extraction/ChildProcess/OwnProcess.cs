using System.Runtime.InteropServices;

namespace Rag.Core.Extraction.ChildProcess;

/// <summary>What the kernel shows of this process to others of the same account.</summary>
public static class OwnProcess
{
    private const int SetDumpable = 4;

    /// <summary>
    /// Closes environment and memory of this process to others of its account, and so to what takes over a child. Programs that it
    /// starts decide for themselves. Does nothing elsewhere than on Linux.
    /// </summary>
    public static void Close()
    {
        if (OperatingSystem.IsLinux())
        {
            // It cannot fail with these arguments.
            _ = Prctl(SetDumpable, 0, 0, 0, 0);
        }
    }

    [DllImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}
