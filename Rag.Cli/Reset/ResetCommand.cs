using System.CommandLine;
using Aspire.Hosting.Orchestration.Processes;
using Rag.Cli.Processes;

namespace Rag.Cli.Reset;

/// <summary><c>rag reset</c>: back to an empty installation, after asking.</summary>
internal static class ResetCommand
{
    public static Command Create(CliContext context)
    {
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new Command("reset", "Remove every document and all data of this checkout's runs; fetched tools stay.") { yes };
        command.SetAction((parsed, cancellationToken) => RunAsync(context, parsed.GetValue(yes), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, bool yes, CancellationToken cancellationToken)
    {
        var checkout = context.RequireCheckout();
        if (RunningHost.Find(checkout) is { } processId)
        {
            throw new CliException($"RagPlatform is running (process {processId}).", "End it with Ctrl+C first. Nothing was removed.");
        }

        var data = StoredData.Find(checkout);
        if (data.IsEmpty)
        {
            context.Terminal.Line("There is nothing to remove.");
            return ExitCode.Ok;
        }

        context.Terminal.Line("This removes all collections, documents, keys and history:");
        foreach (var place in data.Paths.Concat(data.Volumes.Select(volume => $"container volume {volume}")))
        {
            context.Terminal.Line($"  {place}");
        }

        if (!await context.Terminal.ConfirmAsync("Remove it for good?", yes, cancellationToken))
        {
            throw new CliException("Nothing was removed: nobody agreed to it.", "'./rag backup FILE' keeps a copy; --yes answers where nobody can be asked.");
        }

        foreach (var path in data.Paths)
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }

        await RemoveVolumesAsync(data.Volumes, cancellationToken);
        context.Terminal.Line("Removed. './rag up' starts with nothing.");
        return ExitCode.Ok;
    }

    private static async Task RemoveVolumesAsync(IReadOnlyList<string> volumes, CancellationToken cancellationToken)
    {
        if (volumes.Count == 0)
        {
            return;
        }

        var runtime = ProgramPath.Find("docker") ?? ProgramPath.Find("podman")
            ?? throw new CliException("The container volumes are still there: neither docker nor podman is on PATH.", $"Remove them by hand: {string.Join(", ", volumes)}.", ExitCode.Unavailable);
        var removal = await ChildProgram.CaptureAsync(runtime, ["volume", "rm", .. volumes], Path.GetTempPath(), TimeSpan.FromMinutes(1), cancellationToken: cancellationToken);
        if (!removal.Succeeded)
        {
            throw new CliException($"The container volumes could not be removed: {removal.Error.Trim()}", $"By hand: {Path.GetFileName(runtime)} volume rm {string.Join(' ', volumes)}.");
        }
    }
}
