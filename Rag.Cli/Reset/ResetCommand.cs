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
        // Held to the end, so that nothing starts on what is being removed.
        using var own = Directory.Exists(checkout.State) ? HostLock.TryTake(checkout.State) : null;
        if (RunningHost.Find(checkout) is { } processId)
        {
            throw new CliException($"RagPlatform is running (process {processId}).", "End it with Ctrl+C first. Nothing was removed.");
        }

        if (own is null && Directory.Exists(checkout.State))
        {
            throw new CliException("RagPlatform is starting, or another command is at work on its data.", "Wait for it, or end it with Ctrl+C. Nothing was removed.");
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

        // Servers of a host that was killed live on, with their files open.
        await Leftovers.EndAsync(checkout.State, context.Terminal.Line, cancellationToken);
        // First what only the record names; the record itself goes last, so that a reset that fails can be repeated.
        await RemoveVolumesAsync(data, cancellationToken);
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

        context.Terminal.Line("Removed. './rag up' starts with nothing.");
        return ExitCode.Ok;
    }

    private static async Task RemoveVolumesAsync(StoredData data, CancellationToken cancellationToken)
    {
        var volumes = data.Volumes;
        if (volumes.Count == 0)
        {
            return;
        }

        var runtime = (data.Runtime is { } recorded ? ProgramPath.Find(recorded) : ProgramPath.Find("docker") ?? ProgramPath.Find("podman"))
            ?? throw new CliException($"Nothing was removed: {data.Runtime ?? "neither docker nor podman"} is{(data.Runtime is null ? "" : " not")} on PATH to remove the container volumes.", $"Remove them by hand: {string.Join(", ", volumes)}.", ExitCode.Unavailable);
        var removal = await ChildProgram.CaptureAsync(runtime, ["volume", "rm", "--force", .. volumes], Path.GetTempPath(), TimeSpan.FromMinutes(1), cancellationToken: cancellationToken);
        if (!removal.Succeeded)
        {
            throw new CliException($"The container volumes could not be removed, and nothing else was: {removal.Error.Trim()}", $"By hand: {Path.GetFileName(runtime)} volume rm {string.Join(' ', volumes)}.");
        }
    }
}
