using System.Runtime.InteropServices;

namespace Rag.Core.Blobs;

/// <summary>What File does not promise: that a name survives a power cut.</summary>
internal static class DurableFiles
{
    // ENOSPC and EDQUOT (28 and 122 on Linux, 69 for EDQUOT on macOS); ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL on Windows.
    private static readonly int[] FullDisk = OperatingSystem.IsWindows()
        ? [unchecked((int)0x80070070), unchecked((int)0x80070027)]
        : OperatingSystem.IsMacOS() ? [28, 69] : [28, 122];

    /// <summary>Whether the failure means that no more can be written here.</summary>
    public static bool IsDiskFull(IOException exception) => FullDisk.Contains(exception.HResult);

    /// <summary>Flushes a directory, so that names made or changed in it survive a power cut. Windows does that by itself.</summary>
    public static void FlushDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // File.OpenHandle refuses directories, so this goes to the C library: open(2) read-only, fsync(2), close(2).
        var descriptor = Open(path, 0);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            throw new IOException($"The folder '{path}' cannot be opened to flush it (error {error}).", error);
        }

        try
        {
            if (Synchronize(descriptor) != 0)
            {
                var error = Marshal.GetLastPInvokeError();
                throw new IOException($"The folder '{path}' cannot be flushed (error {error}).", error);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>Makes a directory and those above it that are missing, durably.</summary>
    public static void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(path);
        if (parent is not null)
        {
            CreateDirectory(parent);
        }

        Directory.CreateDirectory(path);
        if (parent is not null)
        {
            FlushDirectory(parent);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Synchronize(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
