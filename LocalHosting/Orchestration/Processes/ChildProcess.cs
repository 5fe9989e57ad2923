using System.Diagnostics;

namespace Aspire.Hosting.Orchestration.Processes;

/// <summary>
/// A started process: its lines, its end, its stop. It has a session of its own, so that Ctrl+C in the terminal reaches the host alone,
/// which then ends its children in order; and so that its whole group can be ended at once.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly string? SetSid = OperatingSystem.IsWindows() ? null : ProgramPath.Find("setsid");

    private readonly ChildSpecification _specification;
    private readonly Process _process;
    private readonly RunRecords? _records;
    private readonly Task _output;

    private ChildProcess(ChildSpecification specification, Process process, RunRecords? records, Action<string, bool> onLine)
    {
        _specification = specification;
        _process = process;
        _records = records;
        ProcessId = process.Id;
        _output = Task.WhenAll(PumpAsync(process.StandardOutput, false), PumpAsync(process.StandardError, true));
        Completion = WaitAsync();

        async Task PumpAsync(StreamReader reader, bool isError)
        {
            try
            {
                while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
                {
                    onLine(line, isError);
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // The pipe went away with the process.
            }
        }
    }

    /// <summary>Number of the process, which is its group's too.</summary>
    public int ProcessId { get; }

    /// <summary>Whether signals can go to the whole group.</summary>
    public static bool HasOwnGroup => SetSid is not null;

    /// <summary>The exit code, once the process has ended and its last lines are written.</summary>
    public Task<int> Completion { get; }

    /// <summary>Starts it; <paramref name="onLine"/> gets each line and whether it came from standard error.</summary>
    /// <exception cref="InvalidOperationException">The program cannot be started; the message says which and why.</exception>
    public static ChildProcess Start(ChildSpecification specification, RunRecords? records, Action<string, bool> onLine)
    {
        var start = new ProcessStartInfo
        {
            FileName = SetSid ?? specification.FileName,
            WorkingDirectory = specification.WorkingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        if (SetSid is not null)
        {
            start.ArgumentList.Add(Resolve(specification));
        }

        foreach (var argument in specification.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in specification.Environment)
        {
            start.Environment[name] = value;
        }

        if (records is not null)
        {
            start.Environment[ChildEnvironment.RunVariable] = records.RunId;
        }

        Process process;
        try
        {
            process = Process.Start(start) ?? throw new InvalidOperationException($"'{specification.FileName}' could not be started.");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException(
                $"'{specification.FileName}' could not be started in '{specification.WorkingDirectory}': {e.Message}", e);
        }

        // Nobody types into a service; an open but silent standard input would make some programs wait.
        process.StandardInput.Close();
        records?.Add(process.Id, specification);
        return new ChildProcess(specification, process, records, onLine);
    }

    /// <summary>Asks it to end, waits, then kills what is left of its group. Returns when nothing of it is left.</summary>
    public async Task StopAsync()
    {
        if (!Completion.IsCompleted)
        {
            try
            {
                await Task.WhenAll(AskAsync(), Completion).WaitAsync(_specification.StopTimeout);
            }
            catch (TimeoutException)
            {
                Kill();
                await Completion;
            }
        }

        KillGroup();
    }

    /// <summary>Ends the process and everything it started, at once.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It ended by itself in this moment.
        }

        KillGroup();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private async Task AskAsync()
    {
        if (_specification.StopCommand is { } command)
        {
            using var stop = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true });
            if (stop is not null)
            {
                // Nobody wants to read it, but a program whose pipe is closed dies of its next word.
                await Task.WhenAll(stop.StandardOutput.ReadToEndAsync(CancellationToken.None), stop.StandardError.ReadToEndAsync(CancellationToken.None));
            }

            return;
        }

        // The signal goes to the process alone: a service ends its own helpers in its own order.
        if (!Signals.Send(ProcessId, _specification.StopSignal))
        {
            Kill();
        }
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        var exitCode = _process.ExitCode;
        // A grandchild may hold the pipe open for ever; its lines are not worth that wait.
        await Task.WhenAny(_output, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None));
        KillGroup();
        _records?.Remove(ProcessId);
        return exitCode;
    }

    private void KillGroup()
    {
        // While a member of the group lives, its number is not given to a new process. If a process has the number, the group was
        // empty and the number is somebody else's.
        if (HasOwnGroup && ProcessIdentity.Of(ProcessId) is null)
        {
            Signals.Send(ProcessId, StopSignal.Kill, group: true);
        }
    }

    private static string Resolve(ChildSpecification specification) =>
        ProgramPath.Find(specification.FileName, specification.WorkingDirectory)
        ?? throw new InvalidOperationException($"'{specification.FileName}' was not found, neither as a path from '{specification.WorkingDirectory}' nor on PATH.");
}
