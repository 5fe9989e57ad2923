using System.CommandLine;
using System.Globalization;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Diagnosis;
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
        var prune = new Option<bool>("--prune") { Description = "Remove what the manifests do not have any more; never claims, secrets, volumes or the namespace." };
        var replace = new Option<bool>("--replace-secrets") { Description = "Apply this checkout's secrets although the platform was made with others." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask whether it is the right cluster." };
        var command = new Command("apply", "Generate, check the cluster, apply, and wait until everything is ready or say why it is not.") { minutes, noWait, force, anyway, prune, replace, yes };
        cluster.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(
            context,
            cluster,
            parsed,
            new ApplyOptions(TimeSpan.FromMinutes(parsed.GetValue(minutes)), !parsed.GetValue(noWait))
            {
                Force = parsed.GetValue(force), Anyway = parsed.GetValue(anyway), Prune = parsed.GetValue(prune), ReplaceSecrets = parsed.GetValue(replace), Yes = parsed.GetValue(yes),
            },
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ClusterOptions cluster, ParseResult parsed, ApplyOptions options, CancellationToken cancellationToken)
    {
        var terminal = context.Terminal;
        var anywhere = Kubectl.Find(context, cluster.Context(parsed));
        var overlay = await cluster.RenderAsync(context, parsed, anywhere, cancellationToken);
        var target = await ClusterTarget.FindAsync(anywhere, cancellationToken);
        var kubectl = anywhere.In(overlay.Namespace);
        var snapshots = new SnapshotReader(kubectl, context.Time, TreeFacts.Jobs(overlay.Objects));
        terminal.Line(target.Describe(overlay.Namespace, overlay.Environment));
        if (target.Skew is { } skew)
        {
            terminal.Warn(skew);
        }

        target.Require(overlay.Context);
        var facts = await ClusterFacts.ReadAsync(kubectl, snapshots, overlay, cancellationToken);
        var problems = Preflight.Of(overlay, target, facts).Select(problem => problem.Kind == ProblemKind.OtherSecrets && options.ReplaceSecrets ? problem with { IsWarning = true } : problem).ToList();
        StatusText.Problems(terminal, problems);
        // Other databases come with no other secrets: of that, nobody who wants to go on without a storage class has thought.
        if (problems.Exists(static problem => problem is { Kind: ProblemKind.OtherSecrets, IsWarning: false }))
        {
            throw new CliException("The platform was made with other secrets, see above. Nothing was applied.", $"'./rag secrets pull -e {overlay.Environment}' fetches them; --replace-secrets insists.");
        }

        if (problems.Exists(static problem => !problem.IsWarning) && !options.Anyway)
        {
            throw new CliException("The cluster lacks what is named above. Nothing was applied.", "--ignore-preflight applies all the same.");
        }

        // Whoever names the cluster knows it, and in a pipeline there is nobody to ask.
        if (cluster.Context(parsed) is null && !options.Yes && terminal.Input is not null && !await terminal.AgreeAsync($"Apply {overlay.Environment} to {target.Context} ({target.Server}), namespace {overlay.Namespace}?", cancellationToken))
        {
            throw new CliException("Nothing was applied: nobody agreed to it.", "--context NAME names another cluster; with it, or with --yes, nobody is asked.");
        }

        await ApplyAsync(terminal, anywhere, overlay, options, cancellationToken);
        await RestartAsync(terminal, kubectl, overlay, facts.ReplacedKeys, cancellationToken);
        await PruneAsync(terminal, kubectl, overlay, facts.Served, options.Prune, cancellationToken);
        return options.Wait ? await new RolloutWait(terminal, snapshots, context.Time).RunAsync(overlay, options.Limit, cancellationToken) : ExitCode.Ok;
    }

    // What a program has read once it does not read again, and a variable never changes: without this the key of before would be used on.
    private static async Task RestartAsync(Terminal terminal, Kubectl kubectl, Overlay overlay, IReadOnlyDictionary<string, IReadOnlyList<string>> replaced, CancellationToken cancellationToken)
    {
        var holders = SecretNeeds.Of(overlay.Objects)
            .Where(need => need.Purpose == SecretPurpose.Start && replaced.TryGetValue(need.Secret, out var keys) && (need.Key is null ? keys.Count > 0 : keys.Contains(need.Key)))
            .Select(static need => need.User.Split(' ')).Where(static user => TreeFacts.Rolling.Contains(user[0]))
            .Select(static user => $"{user[0].ToLowerInvariant()}/{user[1]}").Distinct().Order(StringComparer.Ordinal).ToList();
        if (holders.Count > 0)
        {
            await kubectl.RequireAsync(["rollout", "restart", .. holders], cancellationToken: cancellationToken);
            terminal.Line($"Restarted, because they hold a secret that was replaced: {string.Join(", ", holders)}.");
        }
    }

    private static async Task PruneAsync(Terminal terminal, Kubectl kubectl, Overlay overlay, ServedTypes served, bool isWanted, CancellationToken cancellationToken)
    {
        var (left, unseen) = await Leftovers.FindAsync(kubectl, overlay.Platform, overlay.Objects, served, withFinished: false, cancellationToken);
        if (unseen.Count > 0)
        {
            terminal.Quiet($"These credentials may not list {string.Join(", ", unseen)}: whether one of them is left over is not known.");
        }

        if (left.Count == 0)
        {
            return;
        }

        if (!isWanted)
        {
            terminal.Warn($"Not in the manifests any more, and still on the cluster: {string.Join(", ", left)}. --prune removes them.");
            return;
        }

        await kubectl.RequireAsync(["delete", .. left, "--ignore-not-found", "--wait=true"], limit: TimeSpan.FromMinutes(5), cancellationToken: cancellationToken);
        terminal.Line($"Removed, because the manifests do not have them any more: {string.Join(", ", left)}.");
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

        throw result.Error.Contains("Apply failed with", StringComparison.Ordinal)
            ? new CliException(
                string.Create(CultureInfo.InvariantCulture, $"Somebody else has changed fields that the manifests set; {applied.Length} of {overlay.Objects.Count} objects were applied."),
                "Take their change into the values, or undo it with --force-conflicts.")
            : KubectlFailure.Of(result, "apply", context: null);
    }
}

internal sealed record ApplyOptions(TimeSpan Limit, bool Wait)
{
    public bool Force { get; init; }

    public bool Anyway { get; init; }

    public bool Prune { get; init; }

    public bool ReplaceSecrets { get; init; }

    public bool Yes { get; init; }
}
