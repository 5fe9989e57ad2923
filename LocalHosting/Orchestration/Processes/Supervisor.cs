namespace Aspire.Hosting.Orchestration.Processes;

/// <summary>What a supervised process is doing.</summary>
internal enum ProcessPhase
{
    /// <summary>About to be started, or waiting to be started again after a crash.</summary>
    Starting,

    /// <summary>The process lives.</summary>
    Running,

    /// <summary>It is asked to end.</summary>
    Stopping,

    /// <summary>It ended and is not started again.</summary>
    Ended,

    /// <summary>It could not be started at all.</summary>
    FailedToStart,
}

/// <summary>A change of a supervised process.</summary>
internal sealed record ProcessChange(ProcessPhase Phase, int? ProcessId = null, int? ExitCode = null, TimeSpan? RestartsIn = null, string? Problem = null)
{
    /// <summary>It ended because it was asked to: whatever its exit code, that is no failure.</summary>
    public bool WasAsked { get; init; }
}

/// <summary>
/// Keeps one process running: starts it, starts it again with growing waits when it crashes, stops it when told. The specification is
/// asked for at every start, so that a restart sees today's values.
/// </summary>
internal sealed class Supervisor
{
    private volatile TaskCompletionSource? _waiting;

    public required Func<CancellationToken, Task<ChildSpecification>> Specification { get; init; }

    public required Action<string, bool> OnLine { get; init; }

    public required Func<ProcessChange, Task> OnChange { get; init; }

    public required RunRecords? Records { get; init; }

    public RestartPolicy Policy { get; init; } = new();

    /// <summary>Whether an end with this exit code is a crash to recover from; others are final.</summary>
    public Func<int, bool> IsCrash { get; init; } = static exitCode => exitCode != 0;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Somebody asks for the process: the wait before its next start, if there is one, is over.</summary>
    public void Hurry() => _waiting?.TrySetResult();

    /// <summary>Runs until the process ends for good or <paramref name="stopping"/> asks it to; the process is gone when this returns.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var crashes = 0;
        while (!stopping.IsCancellationRequested)
        {
            await OnChange(new(ProcessPhase.Starting));
            ChildProcess child;
            try
            {
                child = ChildProcess.Start(await Specification(stopping), Records, OnLine);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                // Whatever keeps it from starting (a missing program, an expression without a value) is the user's to read.
                await OnChange(new(ProcessPhase.FailedToStart, Problem: e.Message));
                return;
            }

            var startedAt = Clock.GetTimestamp();
            int exitCode;
            await using (child)
            {
                await OnChange(new(ProcessPhase.Running, child.ProcessId));
                try
                {
                    exitCode = await child.Completion.WaitAsync(stopping);
                }
                catch (OperationCanceledException)
                {
                    await OnChange(new(ProcessPhase.Stopping, child.ProcessId));
                    await child.StopAsync();
                    await OnChange(new(ProcessPhase.Ended, ExitCode: await child.Completion) { WasAsked = true });
                    return;
                }
            }

            if (!IsCrash(exitCode))
            {
                await OnChange(new(ProcessPhase.Ended, ExitCode: exitCode));
                return;
            }

            crashes = Policy.CountCrash(crashes, Clock.GetElapsedTime(startedAt));
            var wait = Policy.WaitAfter(crashes);
            // Before the change is told: who reads of the wait may end it.
            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting = waiting;
            await OnChange(new(ProcessPhase.Starting, ExitCode: exitCode, RestartsIn: wait));
            try
            {
                await waiting.Task.WaitAsync(wait, Clock, stopping);
            }
            catch (TimeoutException)
            {
                // The wait is over.
            }
            catch (OperationCanceledException)
            {
                break;
            }
            finally
            {
                _waiting = null;
            }
        }

        await OnChange(new(ProcessPhase.Ended) { WasAsked = true });
    }
}
