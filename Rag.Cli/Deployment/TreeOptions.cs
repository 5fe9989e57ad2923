using System.CommandLine;
using Rag.Deploy;
using Rag.Deploy.Values;

namespace Rag.Cli.Deployment;

/// <summary>Where manifests come from and go to: the options that every command which works on the generated tree has.</summary>
internal sealed class TreeOptions
{
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Folder of the manifests. Default: artifacts/kubernetes in the checkout." };
    private readonly Option<string?> _manifest = new("--manifest", "-m") { Description = "An Aspire manifest of any app host. Default: AppHost of this checkout writes one." };
    private readonly Option<string?> _values = new("--values", "-f") { Description = "Folder with values.yaml and one values.<environment>.yaml per environment. Default: deploy in the checkout." };

    public void AddTo(Command command, bool generates)
    {
        command.Options.Add(_output);
        if (generates)
        {
            command.Options.Add(_manifest);
            command.Options.Add(_values);
        }
    }

    /// <summary>The folder of the tree.</summary>
    public string Folder(CliContext context, ParseResult parsed) => parsed.GetValue(_output) is { } chosen
        ? Path.GetFullPath(chosen, context.WorkingDirectory)
        : Path.Combine(context.RequireCheckout().Root, "artifacts", "kubernetes");

    /// <summary>Generates the tree.</summary>
    /// <exception cref="DeployException">Manifest or values cannot be deployed; nothing was written.</exception>
    public async Task<GenerationResult> GenerateAsync(CliContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        var model = await AppModelFile.ReadAsync(context, parsed.GetValue(_manifest), cancellationToken);
        var environments = EnvironmentValues.Read(parsed.GetValue(_values) is { } folder ? Path.GetFullPath(folder, context.WorkingDirectory) : Path.Combine(context.RequireCheckout().Root, "deploy"));
        return Generation.Write(model, environments, Folder(context, parsed));
    }
}
