using System.CommandLine;
using System.Globalization;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Status;

namespace Rag.Cli.Deployment;

/// <summary><c>rag apply</c>: from values to running services on a cluster, or to the reason why not.</summary>
internal static class ApplyCommand
{
    /// <summary>
    /// Whose fields these are. The server keeps the books, so nothing has to be annotated with a copy of itself: the copy of a Secret would
    /// be one more place where it stands.
    /// </summary>
    public static readonly string[] ServerSide = ["--server-side", "--field-manager=rag"];

    public static Command Create(CliContext context)
    {
        var cluster = new ClusterOptions(generates: true);
        var minutes = new Option<int>("--timeout") { Description = "Minutes to wait until everything is ready.", DefaultValueFactory = static _ => 10 };
        minutes.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 120)
            {
                result.AddError("--timeout takes 1 to 120 minutes.");
            }
        });
        var noWait = new Option<bool>("--no-wait") { Description = "Apply, and do not wait until everything is ready." };
        var force = new Option<bool>("--force-conflicts") { Description = "Take over fields that somebody else has changed on the cluster." };
        var anyway = new Option<bool>("--ignore-preflight") { Description = "Apply although something that is needed was not found." };
        var command = new Command("apply", "Generate, check the cluster, apply, and wait until everything is ready or say why it is not.") { minutes, noWait, force, anyway };
        cluster.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            context, cluster, parsed, new ApplyOptions(TimeSpan.FromMinutes(parsed.GetValue(minutes)), !parsed.GetValue(noWait), parsed.GetValue(force), parsed.GetValue(anyway)), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ClusterOptions cluster, ParseResult parsed, ApplyOptions options, CancellationToken cancellationToken)
    {
        var terminal = context.Terminal;
        var anywhere = Kubectl.Find(context, cluster.Context(parsed));
        var overlay = await cluster.RenderAsync(context, parsed, anywhere, cancellationToken);
        var target = await ClusterTarget.FindAsync(anywhere, cancellationToken);
        var kubectl = anywhere.In(overlay.Namespace);
        var snapshots = new SnapshotReader(kubectl, context.Time);
        terminal.Line(target.Describe(overlay.Namespace, overlay.Environment));
        if (target.Skew is { } skew)
        {
            terminal.Warn(skew);
        }

        var problems = Preflight.Of(
            overlay,
            target,
            await ServedTypes.ReadAsync(kubectl, cancellationToken),
            await kubectl.TryListAsync("storageclasses", cancellationToken) is { } classes ? ApiJson.Of<ApiStorageClass>(classes, "StorageClass") : null,
            await snapshots.SecretNamesAsync(cancellationToken),
            kubectl.Shown,
            await snapshots.EnvironmentAsync(cancellationToken));
        StatusText.Problems(terminal, problems);
        if (problems.Any(static problem => !problem.IsWarning) && !options.Anyway)
        {
            throw new CliException("The cluster lacks what is named above. Nothing was applied.", "--ignore-preflight applies all the same.");
        }

        await ApplyAsync(terminal, anywhere, overlay, options, cancellationToken);
        return options.Wait ? await new RolloutWait(terminal, snapshots, context.Time).RunAsync(overlay, options.Limit, cancellationToken) : ExitCode.Ok;
    }

    private static async Task ApplyAsync(Terminal terminal, Kubectl kubectl, Overlay overlay, ApplyOptions options, CancellationToken cancellationToken)
    {
        string[] force = options.Force ? ["--force-conflicts"] : [];
        var result = await kubectl.RunAsync(["apply", "-k", overlay.Folder, .. ServerSide, .. force], limit: TimeSpan.FromMinutes(5), cancellationToken: cancellationToken);
        // deployment.apps/rag-api serverside-applied
        var applied = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (result.Succeeded)
        {
            terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{applied.Length} objects applied."));
            return;
        }

        foreach (var line in result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            terminal.Line(line.TrimEnd());
        }

        throw result.Error.Contains("conflict", StringComparison.Ordinal)
            ? new CliException(
                string.Create(CultureInfo.InvariantCulture, $"Somebody else has changed fields that the manifests set; {applied.Length} of {overlay.Objects.Count} objects were applied."),
                "Take their change into the values, or undo it with --force-conflicts.")
            : KubectlFailure.Of(result, "apply", context: null);
    }
}

internal sealed record ApplyOptions(TimeSpan Limit, bool Wait, bool Force, bool Anyway);
