using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Rag.Core.Extraction.ChildProcess;

/// <summary>
/// Starts children in a network namespace of their own, in which there is no network at all, not even loopback, where the system lets
/// this process make one: inside a user namespace, which also keeps them from looking into the worker, else as root by right. Both are
/// refused by many container runtimes, so it is tried once, and told once when it is refused. A trial that got no answer is repeated.
/// </summary>
internal sealed partial class NetworkIsolation(ILogger logger)
{
    private const string Unshare = "/usr/bin/unshare";
    // What a machine says that is too busy to start a process; the same numbers on every Linux.
    private const int TryAgain = 11, NoMemory = 12, NoFilesInSystem = 23, NoFiles = 24;
    private static readonly TimeSpan TrialLimit = TimeSpan.FromSeconds(10);

    private static readonly string[][] Ways = [[Unshare, "--user", "--net", "--"], [Unshare, "--net", "--"]];

    private readonly Lock _lock = new();
    private Task<IReadOnlyList<string>>? _prefix;

    /// <summary>What to put before the child's command; nothing where the system has no way.</summary>
    public Task<IReadOnlyList<string>> PrefixAsync()
    {
        lock (_lock)
        {
            return _prefix is { IsFaulted: false } ? _prefix : _prefix = FindAsync();
        }
    }

    private async Task<IReadOnlyList<string>> FindAsync()
    {
        var isClear = true;
        if (OperatingSystem.IsLinux() && File.Exists(Unshare))
        {
            foreach (var way in Ways)
            {
                switch (await WorksAsync(way))
                {
                    case true:
                        return way;
                    case null:
                        isClear = false;
                        break;
                }
            }
        }

        LogNotIsolated();
        if (!isClear)
        {
            // A machine that was too busy is no refusal: the next child asks again.
            lock (_lock)
            {
                _prefix = null;
            }
        }

        return [];
    }

    /// <summary>Null: it cannot be told, as nothing came of the trial in time.</summary>
    private static async Task<bool?> WorksAsync(string[] way)
    {
        try
        {
            using var trial = Process.Start(new ProcessStartInfo(way[0], [.. way[1..], "/bin/sh", "-c", ":"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            if (trial is null)
            {
                return false;
            }

            using var limit = new CancellationTokenSource(TrialLimit);
            try
            {
                await trial.WaitForExitAsync(limit.Token);
                return trial.ExitCode == 0;
            }
            catch (OperationCanceledException)
            {
                trial.Kill(entireProcessTree: true);
                return null;
            }
        }
        catch (Win32Exception e) when (e.NativeErrorCode is TryAgain or NoMemory or NoFilesInSystem or NoFiles)
        {
            return null;
        }
        catch (AggregateException)
        {
            // Ended in the moment in which it was to be.
            return null;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return false;
        }
    }

    [LoggerMessage(
        EventId = 3102,
        Level = LogLevel.Warning,
        Message = "This system gives extraction processes no network namespace of their own, so they can reach the network as the worker can. "
            + "Their other limits hold. A network policy, or allowing 'unshare --net' or 'unshare --user --net', closes it.")]
    private partial void LogNotIsolated();
}
