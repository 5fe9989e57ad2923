using System.Diagnostics;
using Aspire.Hosting.Orchestration.Processes;

namespace Aspire.Hosting.Orchestration.Containers;

/// <summary>The docker or podman command line.</summary>
internal sealed class ContainerRuntime(string name, string program)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary><c>docker</c> or <c>podman</c>.</summary>
    public string Name => name;

    public string Program => program;

    /// <summary>The first that answers: an installed client says nothing about a server behind it.</summary>
    /// <param name="wanted">Only this one: <c>docker</c>, <c>podman</c>, or the path of such a program.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static async Task<ContainerRuntime?> FindAsync(string? wanted, CancellationToken cancellationToken)
    {
        foreach (var name in string.IsNullOrEmpty(wanted) ? (string[])["docker", "podman"] : [wanted])
        {
            if (ProgramPath.Find(name) is { } program)
            {
                var runtime = new ContainerRuntime(Path.GetFileName(name), program);
                var (exitCode, _, _) = await runtime.TryAsync(["ps", "--quiet", "--last", "1"], cancellationToken);
                if (exitCode == 0)
                {
                    return runtime;
                }
            }
        }

        return null;
    }

    /// <summary>Runs a command to its end.</summary>
    /// <returns>Exit code (-1 when it did not end in time), output, errors.</returns>
    public async Task<(int ExitCode, string Output, string Error)> TryAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"'{program}' could not be started.");
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(patience ?? Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            return (-1, "", $"'{name} {arguments[0]}' did not answer in time.");
        }
    }
}
