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

    /// <summary>What nothing was generated for, and what a person has to do before it is applied.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="result">Of the generator.</param>
    /// <param name="target">The folder of the tree.</param>
    /// <param name="environment">The one that it is about; null: all.</param>
    public static void Notices(Terminal terminal, GenerationResult result, string target, string? environment)
    {
        foreach (var notice in result.Notices)
        {
            terminal.Line(notice);
        }

        foreach (var one in result.Environments.Where(one => environment is null || one.Name == environment))
        {
            var secrets = Path.Combine(target, "overlays", one.Name, "secrets.env");
            if (one.HasNewSecrets)
            {
                terminal.Warn($"{one.Name}: secrets were made up and stand in {secrets}. A platform that runs already was made with others: './rag secrets pull -e {one.Name}' fetches those.");
            }

            if (one.MissingSecrets.Count > 0)
            {
                terminal.Warn($"{one.Name}: fill in before it is applied, because nobody else knows them: {string.Join(", ", one.MissingSecrets)} in {secrets}.");
            }
        }
    }

    private static void Report(Terminal terminal, GenerationResult result, string target)
    {
        terminal.Good(string.Create(
            CultureInfo.InvariantCulture, $"{result.Files} files in {target}: {result.Written} new or changed, {result.Removed} removed."));
        foreach (var environment in result.Environments)
        {
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{environment.Name}: {environment.Objects} objects. Apply with: kubectl apply -k {Path.Combine(target, "overlays", environment.Name)}"));
        }

        Notices(terminal, result, target, environment: null);
    }
}
