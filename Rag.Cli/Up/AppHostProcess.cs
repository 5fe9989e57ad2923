using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Orchestration.Processes;

namespace Rag.Cli.Up;

/// <summary>AppHost as a child with this terminal: what it prints is what the person sees, and it ends when this command is told to.</summary>
internal static class AppHostProcess
{
    /// <summary>Longer than AppHost's own limit (120 s), which is longer than the services' times to finish what they are at.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(130);

    /// <summary>Runs until AppHost ends; on cancellation asks it to end its children and itself, and waits for that.</summary>
    public static async Task<int> RunAsync(Checkout checkout, IEnumerable<string> command, string? containerRuntime, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", command) { WorkingDirectory = checkout.Root, UseShellExecute = false };
        start.Environment.TryAdd("DOTNET_ENVIRONMENT", "Development");
        start.Environment.TryAdd("ASPNETCORE_ENVIRONMENT", "Development");
        if (containerRuntime is not null)
        {
            // The one that answered this command: two that ask may get two answers.
            start.Environment.TryAdd("ASPIRE_CONTAINER_RUNTIME", containerRuntime);
        }

        using var process = Process.Start(start) ?? throw new CliException("AppHost could not be started.", exitCode: ExitCode.Unavailable);
        return await WaitAsync(process, StopLimit, cancellationToken);
    }

    /// <exception cref="CliException">It did not end in time after it was asked to, and was killed.</exception>
    internal static async Task<int> WaitAsync(Process process, TimeSpan stopLimit, CancellationToken cancellationToken)
    {
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            // After Ctrl+C on a terminal it has the signal already; to be asked twice does no harm, not to be asked at all would.
            Signals.Send(process.Id, StopSignal.Terminate);
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(stopLimit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                throw new CliException(
                    string.Create(CultureInfo.InvariantCulture, $"AppHost had not ended {stopLimit.TotalSeconds:0} s after it was asked to, and was killed."),
                    "No acknowledged document is lost by that. The next './rag up' ends what is left over.");
            }

            throw;
        }
    }
}
