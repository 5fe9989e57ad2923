using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Rag.Cli.Processes;

/// <summary>Runs other programs: captured or passed through, always bounded and never left behind.</summary>
internal static class ChildProgram
{
    private const int MaxCaptured = 1 << 20;

    /// <summary>
    /// Runs a program to its end and returns what it wrote. When <paramref name="timeout"/> is over or the caller cancels, it is killed
    /// together with its children.
    /// </summary>
    /// <param name="program">Its path, or a name on PATH.</param>
    /// <param name="arguments">Each as the program gets it.</param>
    /// <param name="workingDirectory">Where it runs.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="environment">Variables that differ from this process's own; null removes one.</param>
    /// <param name="onLine">Called for each line as it comes, from any thread.</param>
    /// <param name="input">What it reads; null: nothing.</param>
    /// <param name="maxCharacters">Of each stream; of more the last are kept.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <exception cref="CliException">The program cannot be started.</exception>
    public static async Task<ProgramResult> CaptureAsync(
        string program,
        IEnumerable<string> arguments,
        string workingDirectory,
        TimeSpan timeout,
        IReadOnlyDictionary<string, string?>? environment = null,
        Action<string>? onLine = null,
        string? input = null,
        int maxCharacters = MaxCaptured,
        CancellationToken cancellationToken = default)
    {
        var start = Describe(program, arguments, workingDirectory, environment);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = new Process { StartInfo = start };
        var output = new StringBuilder();
        var error = new StringBuilder();
        var isCut = false;
        process.OutputDataReceived += (_, line) => isCut |= Collect(output, line.Data, onLine, maxCharacters);
        process.ErrorDataReceived += (_, line) => Collect(error, line.Data, onLine, maxCharacters);
        Start(process, program);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var timedOut = false;
        try
        {
            await GiveAsync(process, input, limit.Token);
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            await KillAsync(process);
            cancellationToken.ThrowIfCancellationRequested();
            timedOut = true;
        }

        return new ProgramResult(timedOut ? -1 : process.ExitCode, Text(output), Text(error), timedOut) { IsCut = isCut };
    }

    /// <summary>Runs a program with this process's own terminal: the person sees and answers it directly.</summary>
    /// <exception cref="CliException">The program cannot be started.</exception>
    public static async Task<int> PassThroughAsync(
        string program,
        IEnumerable<string> arguments,
        string workingDirectory,
        IReadOnlyDictionary<string, string?>? environment = null,
        CancellationToken cancellationToken = default)
    {
        using var process = new Process { StartInfo = Describe(program, arguments, workingDirectory, environment) };
        Start(process, program);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await KillAsync(process);
            throw;
        }

        return process.ExitCode;
    }

    private static ProcessStartInfo Describe(
        string program, IEnumerable<string> arguments, string workingDirectory, IReadOnlyDictionary<string, string?>? environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = workingDirectory, UseShellExecute = false };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static void Start(Process process, string program)
    {
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            throw new CliException($"'{program}' could not be started: {exception.Message}.", "'./rag doctor' shows what is missing.", ExitCode.Unavailable, exception);
        }
    }

    private static async Task GiveAsync(Process process, string? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of it; its exit code and what it wrote say why.
        }
    }

    private static async Task KillAsync(Process process)
    {
        process.Kill(entireProcessTree: true);
        // The pipes may be held open by a grandchild that left the tree; the process itself is what has to be gone.
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // Whether something had to go.
    private static bool Collect(StringBuilder target, string? line, Action<string>? onLine, int maxCharacters)
    {
        if (line is null)
        {
            return false;
        }

        var isCut = false;

        lock (target)
        {
            target.AppendLine(line);
            if (target.Length > maxCharacters)
            {
                target.Remove(0, target.Length - maxCharacters);
                isCut = true;
            }
        }

        onLine?.Invoke(line);
        return isCut;
    }

    private static string Text(StringBuilder captured)
    {
        lock (captured)
        {
            return captured.ToString();
        }
    }
}
