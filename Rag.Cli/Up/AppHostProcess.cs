using System.Diagnostics;
using Aspire.Hosting.Orchestration.Processes;

namespace Rag.Cli.Up;

/// <summary>AppHost as a child with this terminal: what it prints is what the person sees, and it ends when this command is told to.</summary>
internal static class AppHostProcess
{
    /// <summary>Longer than the services' own time to finish what they are at.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    /// <summary>Runs until AppHost ends; on cancellation asks it to end its children and itself, and waits for that.</summary>
    public static async Task<int> RunAsync(Checkout checkout, IEnumerable<string> command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", command) { WorkingDirectory = checkout.Root, UseShellExecute = false };
        start.Environment.TryAdd("DOTNET_ENVIRONMENT", "Development");
        start.Environment.TryAdd("ASPNETCORE_ENVIRONMENT", "Development");
        using var process = Process.Start(start) ?? throw new CliException("AppHost could not be started.", exitCode: ExitCode.Unavailable);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            // After Ctrl+C on a terminal it has the signal already; to be asked twice does no harm, not to be asked at all would.
            Signals.Send(process.Id, StopSignal.Terminate);
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(StopLimit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            throw;
        }
    }
}
