using System.CommandLine;
using System.Globalization;
using Rag.Cli.Deployment.Clusters;
using Rag.Deploy.Secrets;
using Rag.Deploy.Writing;

namespace Rag.Cli.Deployment;

/// <summary><c>rag secrets pull</c>: the secrets that a platform was made with, for a checkout that has not got them.</summary>
internal static class SecretsCommand
{
    public static Command Create(CliContext context)
    {
        var command = new Command("secrets", "The secrets of an environment.");
        var cluster = new ClusterOptions(generates: false);
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask before values of this checkout are replaced." };
        var pull = new Command("pull", "Write the environment's secrets.env from the Secret on the cluster, readable by its owner only.") { yes };
        cluster.AddTo(pull);
        pull.SetAction((parsed, cancellationToken) => PullAsync(context, cluster, parsed, parsed.GetValue(yes), cancellationToken));
        command.Subcommands.Add(pull);
        return command;
    }

    private static async Task<int> PullAsync(CliContext context, ClusterOptions cluster, ParseResult parsed, bool yes, CancellationToken cancellationToken)
    {
        var terminal = context.Terminal;
        var anywhere = Kubectl.Find(context, cluster.Context(parsed));
        var overlay = await cluster.RenderAsync(context, parsed, anywhere, cancellationToken);
        if (overlay.GeneratedSecrets.FirstOrDefault()?.Name() is not { } name)
        {
            throw new CliException($"The secrets of {overlay.Environment} come from elsewhere (secrets.mode): there is no file of them.");
        }

        var target = await ClusterTarget.FindAsync(anywhere, cancellationToken);
        terminal.Line(target.Describe(overlay.Namespace, overlay.Environment));
        target.Require(overlay.Context);
        var values = ClusterSecret.Lines(name, await ClusterSecret.ReadAsync(anywhere.In(overlay.Namespace), name, cancellationToken));

        var path = Path.Combine(overlay.Folder, KustomizeTree.SecretsFile);
        var existing = File.Exists(path) ? await File.ReadAllTextAsync(path, cancellationToken) : null;
        var known = SecretsFile.Parse(existing ?? "");
        var replaced = values.Where(entry => known.TryGetValue(entry.Key, out var value) && value != entry.Value).Select(static entry => entry.Key).Order(StringComparer.Ordinal).ToList();
        if (replaced.Count > 0 && !await terminal.ConfirmAsync($"{path} has other values of {string.Join(", ", replaced)}, which would be lost. Replace them?", yes, cancellationToken))
        {
            throw new CliException("Nothing was written: nobody agreed to it.", "--yes answers where nobody can be asked.");
        }

        SecretsFile.Write(path, SecretsFile.Replace(existing, values));
        terminal.Good(string.Create(CultureInfo.InvariantCulture, $"{path} holds the {values.Count} values of the Secret {name}. It is as precious as the data."));
        var missing = known.Keys.Where(key => !values.ContainsKey(key)).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0)
        {
            terminal.Line($"Only in the file, and kept: {string.Join(", ", missing)}.");
        }

        return ExitCode.Ok;
    }
}
