using System.CommandLine;
using Rag.Deploy.AppModel;
using Rag.Deploy.Values;

namespace Rag.Cli.Deployment;

/// <summary>What is deployed: the options of every command that reads the app model and the values.</summary>
internal sealed class ModelOptions
{
    private readonly Option<string?> _manifest = new("--manifest", "-m") { Description = "An Aspire manifest of any app host. Default: AppHost of this checkout writes one." };
    private readonly Option<string?> _values = new("--values", "-f") { Description = "Folder with values.yaml and one values.<environment>.yaml per environment. Default: deploy in the checkout." };

    public void AddTo(Command command)
    {
        command.Options.Add(_manifest);
        command.Options.Add(_values);
    }

    /// <summary>The app model.</summary>
    /// <exception cref="ManifestException">It cannot be deployed as it is.</exception>
    public Task<AppManifest> ModelAsync(CliContext context, ParseResult parsed, CancellationToken cancellationToken) => AppModelFile.ReadAsync(context, parsed.GetValue(_manifest), cancellationToken);

    /// <summary>Folder of the values, and of what belongs to them.</summary>
    public string Folder(CliContext context, ParseResult parsed) => parsed.GetValue(_values) is { } chosen
        ? Path.GetFullPath(chosen, context.WorkingDirectory)
        : Path.Combine(context.RequireCheckout().Root, "deploy");

    /// <summary>The values.</summary>
    /// <exception cref="ValuesException">They are wrong.</exception>
    public EnvironmentValues Values(CliContext context, ParseResult parsed) => EnvironmentValues.Read(Folder(context, parsed));
}
