using System.CommandLine;
using Rag.Deploy;

namespace Rag.Cli.Deployment;

/// <summary>Where manifests come from and go to: the options that every command which works on the generated tree has.</summary>
internal sealed class TreeOptions
{
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Folder of the manifests. Default: artifacts/kubernetes in the checkout." };
    private readonly ModelOptions _model = new();

    public void AddTo(Command command, bool generates)
    {
        command.Options.Add(_output);
        if (generates)
        {
            _model.AddTo(command);
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
        var model = await _model.ModelAsync(context, parsed, cancellationToken);
        return Generation.Write(model, _model.Values(context, parsed), Folder(context, parsed));
    }
}
