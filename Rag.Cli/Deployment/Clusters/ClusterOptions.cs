using System.CommandLine;
using System.Text.RegularExpressions;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>Which environment on which cluster: the options of every command that talks to one.</summary>
/// <param name="generates">Whether the manifests are generated first: a command that only looks takes them as they were applied.</param>
internal sealed partial class ClusterOptions(bool generates)
{
    private readonly Option<string> _environment = new("--environment", "-e") { Description = "Which environment: an overlay of the manifests.", DefaultValueFactory = static _ => "dev" };
    private readonly Option<string?> _context = new("--context") { Description = "Which cluster: a context of the kubeconfig. Default: the current one." };
    private readonly Option<bool> _noGenerate = new("--no-generate") { Description = "Take the manifests as they are instead of generating them first." };

    public TreeOptions Tree { get; } = new();

    public void AddTo(Command command)
    {
        _environment.Validators.Add(result =>
        {
            // It becomes a folder's name.
            if (result.Tokens is [var token, ..] && !EnvironmentName().IsMatch(token.Value))
            {
                result.AddError($"'{token.Value}' is no name of an environment: letters, digits and '-'.");
            }
        });
        command.Options.Add(_environment);
        command.Options.Add(_context);
        if (generates)
        {
            command.Options.Add(_noGenerate);
        }

        Tree.AddTo(command, generates);
    }

    public string Environment(ParseResult parsed) => parsed.GetValue(_environment)!;

    public string? Context(ParseResult parsed) => parsed.GetValue(_context);

    /// <summary>Generates the manifests unless that is not wanted, and renders the environment's.</summary>
    /// <exception cref="CliException">There are none, or kustomize refuses them.</exception>
    public async Task<Overlay> RenderAsync(CliContext context, ParseResult parsed, Kubectl kubectl, CancellationToken cancellationToken)
    {
        if (generates && !parsed.GetValue(_noGenerate))
        {
            GenerateCommand.Notices(context.Terminal, await Tree.GenerateAsync(context, parsed, cancellationToken), Tree.Folder(context, parsed), Environment(parsed));
        }

        return await Overlay.RenderAsync(kubectl, Tree.Folder(context, parsed), Environment(parsed), needsSecrets: generates, cancellationToken);
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9-]{0,62}$", RegexOptions.None, 1000)]
    private static partial Regex EnvironmentName();
}
