using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Rag.Core.Extraction.Pdf;

/// <summary>How one of poppler's tools ended.</summary>
/// <param name="ExitCode">128 plus the signal when one ended it.</param>
/// <param name="Errors">The start of what it said; for classification only, as it may quote the document.</param>
internal readonly record struct PopplerResult(int ExitCode, string Errors)
{
    private const int Aborted = 128 + 6;
    private const int Killed = 128 + 9;
    private const int CpuTimeExceeded = 128 + 24;

    public bool IsPassword => Errors.Contains("Incorrect password", StringComparison.Ordinal) || ExitCode == 3;

    public bool IsOutOfMemory => ExitCode == Aborted || Errors.Contains("Out of memory", StringComparison.OrdinalIgnoreCase);

    public bool IsOutOfTime => ExitCode is Killed or CpuTimeExceeded;

    /// <summary>The file's own index was unusable, and the tool went looking for objects in what there is.</summary>
    public bool IsRepaired => Errors.Contains("xref", StringComparison.Ordinal) || Errors.Contains("trailer", StringComparison.Ordinal)
        || Errors.Contains("reconstruct", StringComparison.Ordinal);
}

/// <summary>
/// Runs poppler's programs as processes of their own, with address space and processor time limited by the shell that starts them:
/// being native programs they can live with such limits, which a managed process cannot.
/// </summary>
internal static class PopplerTool
{
    private const int MostErrorCharacters = 16 * 1024;
    private const string Shell = "/bin/sh";

    /// <summary>Address space that libraries and locale files take without being memory; what is really used, the worker watches.</summary>
    private const int MappedMiB = 256;

    private const int CannotRun = 126;
    private const int NotFound = 127;

    /// <param name="tool"><c>pdftotext</c> or <c>pdfinfo</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="options">The limits.</param>
    /// <param name="read">Consumes the output line by line; when it throws, the tool is ended and the exception goes on.</param>
    /// <param name="cancellationToken">Ends the tool.</param>
    /// <exception cref="RagException">The tool is not installed.</exception>
    public static async Task<PopplerResult> RunAsync(
        string tool, IReadOnlyList<string> arguments, ExtractionOptions options, Action<string> read, CancellationToken cancellationToken)
    {
        using var process = Start(tool, arguments, options);
        try
        {
            var errors = ReadErrorsAsync(process, cancellationToken);
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                read(line);
            }

            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode is CannotRun or NotFound)
            {
                throw Missing(tool, null);
            }

            return new PopplerResult(process.ExitCode, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(string tool, IReadOnlyList<string> arguments, ExtractionOptions options)
    {
        var path = Find(tool) ?? throw Missing(tool, null);
        var start = new ProcessStartInfo
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        if (File.Exists(Shell))
        {
            start.FileName = Shell;
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add("trap '' INT TERM HUP; ulimit -c 0; ulimit -v \"$1\"; ulimit -t \"$2\"; shift 2; exec \"$@\"");
            start.ArgumentList.Add("sh");
            start.ArgumentList.Add(((options.MemoryMiB + MappedMiB) * 1024L).ToString(CultureInfo.InvariantCulture));
            start.ArgumentList.Add(((int)options.Timeout.TotalSeconds + 5).ToString(CultureInfo.InvariantCulture));
            start.ArgumentList.Add(path);
        }
        else
        {
            start.FileName = path;
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LC_ALL"] = "C"; // its messages are read below
        try
        {
            var process = Process.Start(start) ?? throw Missing(tool, null);
            process.StandardInput.Close();
            return process;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw Missing(tool, e);
        }
    }

    private static string? Find(string tool)
    {
        var name = OperatingSystem.IsWindows() ? tool + ".exe" : tool;
        return (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
    }

    private static RagException Missing(string tool, Exception? inner) => new(
        "pdf-tools-missing",
        $"PDF files cannot be read because '{tool}' was not found or does not run. "
        + "Install poppler (Debian and Ubuntu: poppler-utils; macOS: brew install poppler); waiting files continue then.",
        isTransient: true,
        inner);

    private static async Task<string> ReadErrorsAsync(Process process, CancellationToken cancellationToken)
    {
        var kept = new StringBuilder();
        var buffer = new char[4096];
        while (await process.StandardError.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            kept.Append(buffer, 0, Math.Min(read, MostErrorCharacters - kept.Length)); // reads on, so that the tool never waits for us
        }

        return kept.ToString();
    }
}
