using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Rag.Core.Extraction.ChildProcess;

/// <summary>How the child is started: which program, with what environment, at which priority.</summary>
internal static class ExtractionCommandLine
{
    private const string Program = "rag-ingest";
    private const string Shell = "/bin/sh";

    /// <summary>
    /// Data that the runtime allocates beside its heap, and stacks that are allocated and never used, in MiB. Resident memory, which
    /// the worker watches, does not have them; the kernel's limit of data counts them.
    /// </summary>
    private const int UnusedDataMiB = 256;

    // A crash must not leave a memory image with the document in it, and extraction must not slow down answers. Ctrl+C in a terminal and a
    // service manager signal the whole group: a child ends with its worker, not before it, or the document in work would be taken for
    // the cause. Who writes beyond the limit gets an error and not a signal. Everything set here holds for the tools below the child. A session, and
    // with it a group, of the child's own lets the worker end its tools when the child itself is gone; all of it takes place in the one process
    // that the worker has started, so that the group has the number that the worker knows.
    private const string Limiting =
        "trap '' INT TERM HUP XFSZ; ulimit -c 0; ulimit -d \"$1\"; ulimit -n \"$2\"; ulimit -f \"$3\"; shift 3; "
        + "command -v nice >/dev/null 2>&1 && set -- nice -n 10 \"$@\"; command -v setsid >/dev/null 2>&1 && set -- setsid \"$@\"; exec \"$@\"";

    /// <summary>What the shell's <c>ulimit -f</c> counts in (POSIX).</summary>
    private const int FileBlockBytes = 512;

    /// <summary>Of the child's memory the part that its managed heap may take; the rest is for the runtime and for poppler beside it.</summary>
    private const double HeapShare = 0.75;

    // Everything else stays with the worker: connection strings and keys have no place in a process that reads strangers' files.
    private static readonly string[] Inherited =
        ["PATH", "LANG", "TZ", "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "DOTNET_HOST_PATH", "LD_LIBRARY_PATH", "SystemRoot", "windir", "ProgramFiles"];

    /// <exception cref="RagException">The program was not found.</exception>
    public static ProcessStartInfo Create(ExtractionOptions options, string directory, IReadOnlyList<string> isolation)
    {
        var start = new ProcessStartInfo
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };
        string[] command = [.. isolation, .. Command(options)];
        if (File.Exists(Shell))
        {
            start.FileName = Shell;
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add(Limiting);
            start.ArgumentList.Add("sh");
            foreach (var limit in new[] { (options.MemoryMiB + UnusedDataMiB) * 1024L, options.MaxOpenFiles, options.MaxWrittenMiB * (1024L * 1024 / FileBlockBytes) })
            {
                start.ArgumentList.Add(limit.ToString(CultureInfo.InvariantCulture));
            }
        }
        else
        {
            start.FileName = command[0];
            command = command[1..];
        }

        foreach (var argument in command)
        {
            start.ArgumentList.Add(argument);
        }

        SetEnvironment(start, options, directory);
        return start;
    }

    private static void SetEnvironment(ProcessStartInfo start, ExtractionOptions options, string directory)
    {
        start.Environment.Clear();
        foreach (var name in Inherited)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                start.Environment[name] = value;
            }
        }

        foreach (var name in new[] { "TMPDIR", "TEMP", "TMP", "HOME", ExtractionChildServer.DirectoryVariable })
        {
            start.Environment[name] = directory;
        }

        // Address space is not limited (ulimit -v), because the runtime reserves gigabytes that it never uses; data is (ulimit -d).
        start.Environment["DOTNET_GCHeapHardLimit"] = ((long)(options.MemoryMiB * 1024L * 1024 * HeapShare)).ToString("X", CultureInfo.InvariantCulture);
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
    }

    private static string[] Command(ExtractionOptions options)
    {
        if (options.Command is { Length: > 0 } configured)
        {
            return File.Exists(configured) ? Of(configured) : throw Missing($"Rag:Extraction:Command is '{configured}', which does not exist.", null);
        }

        if (Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == Program)
        {
            return [own, ExtractionChildServer.Switch];
        }

        var beside = Path.Combine(AppContext.BaseDirectory, Program + ".dll");
        return File.Exists(beside)
            ? Of(beside)
            : throw Missing($"'{Program}' was not found in {AppContext.BaseDirectory}. Set Rag:Extraction:Command to its path.", null);
    }

    private static string[] Of(string path) => path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)
        ? [DotnetHost(), path, ExtractionChildServer.Switch]
        : [path, ExtractionChildServer.Switch];

    private static string DotnetHost()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        if (Environment.ProcessPath is { } own && Path.GetFileName(own) == name)
        {
            return own;
        }

        // <root>/shared/Microsoft.NETCore.App/<version>/ is where this process's runtime lives.
        var beside = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(beside) ? beside : name;
    }

    public static RagException Missing(string message, Exception? inner) => new("extraction-unavailable", message, isTransient: true, inner);
}
