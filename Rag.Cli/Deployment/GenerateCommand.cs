using System.CommandLine;
using System.Globalization;
using Rag.Deploy;
using Rag.Deploy.Values;

namespace Rag.Cli.Deployment;

/// <summary><c>rag generate</c>: Kubernetes manifests out of the app model and values.</summary>
internal static class GenerateCommand
{
    public static Command Create(CliContext context)
    {
        var output = new Option<string?>("--output", "-o") { Description = "Folder to write to. Default: artifacts/kubernetes in the checkout." };
        var manifest = new Option<string?>("--manifest", "-m") { Description = "An Aspire manifest of any app host. Default: AppHost of this checkout writes one." };
        var values = new Option<string?>("--values", "-f") { Description = "Folder with values.yaml and one values.<environment>.yaml per environment. Default: deploy in the checkout." };
        var command = new Command("generate", "Write Kubernetes manifests for every environment, from the app model and the values.") { output, manifest, values };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var model = await AppModelFile.ReadAsync(context, parsed.GetValue(manifest), cancellationToken);
            var environments = EnvironmentValues.Read(parsed.GetValue(values) is { } folder ? Path.GetFullPath(folder, context.WorkingDirectory) : Path.Combine(context.RequireCheckout().Root, "deploy"));
            var target = parsed.GetValue(output) is { } chosen ? Path.GetFullPath(chosen, context.WorkingDirectory) : Path.Combine(context.RequireCheckout().Root, "artifacts", "kubernetes");
            Report(context.Terminal, Generation.Write(model, environments, target), target);
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
                terminal.Line($"  Fill in before: {string.Join(", ", environment.MissingSecrets)} in {Path.Combine(target, "overlays", environment.Name, "secrets.env")}");
            }
        }
    }
}
