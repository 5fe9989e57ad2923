using System.CommandLine;
using System.Globalization;
using Rag.Deploy;

namespace Rag.Cli.Deployment;

/// <summary><c>rag generate</c>: Kubernetes manifests out of the app model and values.</summary>
internal static class GenerateCommand
{
    public static Command Create(CliContext context)
    {
        var tree = new TreeOptions();
        var command = new Command("generate", "Write Kubernetes manifests for every environment, from the app model and the values.");
        tree.AddTo(command, generates: true);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            Report(context.Terminal, await tree.GenerateAsync(context, parsed, cancellationToken), tree.Folder(context, parsed));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Report(Terminal terminal, GenerationResult result, string target)
    {
        foreach (var notice in result.Notices)
        {
            terminal.Line(notice);
        }

        terminal.Good(string.Create(
            CultureInfo.InvariantCulture, $"{result.Files} files in {target}: {result.Written} new or changed, {result.Removed} removed."));
        foreach (var environment in result.Environments)
        {
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{environment.Name}: {environment.Objects} objects. Apply with: kubectl apply -k {Path.Combine(target, "overlays", environment.Name)}"));
            if (environment.MissingSecrets.Count > 0)
            {
                terminal.Line($"  Fill in before, because nobody else knows them: {string.Join(", ", environment.MissingSecrets)} in {Path.Combine(target, "overlays", environment.Name, "secrets.env")}");
            }
        }
    }
}
