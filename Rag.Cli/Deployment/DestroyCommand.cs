using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment;

/// <summary><c>rag destroy</c>: takes a deployment off a cluster, without its data unless that is said.</summary>
internal static class DestroyCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    public static Command Create(CliContext context)
    {
        var cluster = new ClusterOptions(generates: false);
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var data = new Option<bool>("--data") { Description = "Remove claims and secrets too: documents, accounts and history are gone for good." };
        var command = new Command("destroy", "Remove an environment from a cluster; claims and secrets stay unless --data is given.") { yes, data };
        cluster.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(context, cluster, parsed, parsed.GetValue(yes), parsed.GetValue(data), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ClusterOptions cluster, ParseResult parsed, bool yes, bool data, CancellationToken cancellationToken)
    {
        var anywhere = Kubectl.Find(context, cluster.Context(parsed));
        var overlay = await cluster.RenderAsync(context, parsed, anywhere, cancellationToken);
        var target = await ClusterTarget.FindAsync(anywhere, cancellationToken);
        var kubectl = anywhere.In(overlay.Namespace);
        var served = await ServedTypes.ReadAsync(kubectl, cancellationToken);
        // Of a type that the cluster does not know there is nothing to remove, and kubectl would stop at it.
        var removed = overlay.Objects.Where(one => served.Has(one.ApiVersion(), one.Kind()) && IsRemoved(one, data)).ToList();

        var (left, _) = await Leftovers.FindAsync(kubectl, overlay.Platform, overlay.Objects, served, withFinished: true, cancellationToken);

        context.Terminal.Line(target.Describe(overlay.Namespace, overlay.Environment));
        target.Require(overlay.Context);
        if (left.Count > 0)
        {
            context.Terminal.Line($"Of an earlier version of the manifests, and removed too: {string.Join(", ", left)}.");
        }

        context.Terminal.Line(string.Create(CultureInfo.InvariantCulture, $"This removes {removed.Count + left.Count} objects{(data ? ", and with them every claim and secret of the platform: the data is gone for good" : "; claims and secrets stay")}."));
        if (!yes && await context.Terminal.AskAsync($"Type the name of the environment ({overlay.Environment}) to go on:", cancellationToken) != overlay.Environment)
        {
            throw new CliException("Nothing was removed: nobody agreed to it.", "--yes answers where nobody can be asked.");
        }

        var list = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. removed.Select(static one => WithoutContent(one))]) };
        await kubectl.RequireAsync(["delete", "-f", "-", "--ignore-not-found", "--wait=true"], list.ToJsonString(), Limit, cancellationToken);
        if (left.Count > 0)
        {
            await kubectl.RequireAsync(["delete", .. left, "--ignore-not-found", "--wait=true"], limit: Limit, cancellationToken: cancellationToken);
        }

        if (data && overlay.Platform is { } platform)
        {
            // Claims that a StatefulSet made stand in no manifest; they have its labels.
            await kubectl.RequireAsync(["delete", "persistentvolumeclaims,secrets", "-l", $"app.kubernetes.io/part-of={platform}", "--ignore-not-found", "--wait=true"], limit: Limit, cancellationToken: cancellationToken);
        }

        var isGone = await IsGoneAsync(context.Terminal, kubectl, overlay, served, cancellationToken);
        await SayWhatStaysAsync(context.Terminal, kubectl, overlay, data, cancellationToken);
        return isGone ? ExitCode.Ok : ExitCode.Failed;
    }

    // A namespace takes everything in it along, the cluster of an operator its claims, an external secret the Secret that it made.
    private static bool IsRemoved(JsonObject one, bool data) => Leftovers.HoldsNothing(one) || (data && one.Kind() != "Namespace");

    // To delete something, its name is enough; what a Secret holds need not go through another process.
    private static JsonObject WithoutContent(JsonObject one)
    {
        var metadata = new JsonObject { ["name"] = one.Name() };
        if (one.Text("metadata", "namespace") is { } name)
        {
            metadata["namespace"] = name;
        }

        return new JsonObject { ["apiVersion"] = one.ApiVersion(), ["kind"] = one.Kind(), ["metadata"] = metadata };
    }

    // Somebody may put it back at once: an operator, a pipeline that keeps the cluster like its repository.
    private static async Task<bool> IsGoneAsync(Terminal terminal, Kubectl kubectl, Overlay overlay, ServedTypes served, CancellationToken cancellationToken)
    {
        var (left, unseen) = await Leftovers.FindAsync(kubectl, overlay.Platform, wanted: [], served, withFinished: true, cancellationToken);
        if (left.Count > 0)
        {
            terminal.Bad($"Still there, or there again: {string.Join(", ", left)}.");
        }

        if (unseen.Count > 0)
        {
            terminal.Warn($"These credentials may not list {string.Join(", ", unseen)}: whether some of them are left is not known.");
        }

        if (left.Count == 0)
        {
            terminal.Good("Removed.");
        }

        return left.Count == 0;
    }

    private static async Task SayWhatStaysAsync(Terminal terminal, Kubectl kubectl, Overlay overlay, bool data, CancellationToken cancellationToken)
    {
        var claims = await kubectl.RunAsync(["get", "persistentvolumeclaims", "-o", "name"], cancellationToken: cancellationToken);
        var kept = claims.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(static line => line[(line.IndexOf('/', StringComparison.Ordinal) + 1)..]).ToList();
        if (kept.Count > 0)
        {
            terminal.Line($"What stays: the claims {string.Join(", ", kept)}{(data ? "" : ", and the secrets that open the data")}. './rag apply -e {overlay.Environment}' takes them up again.");
        }

        foreach (var managed in overlay.Objects.Where(one => !data && !IsRemoved(one, data) && one.Kind() is "Cluster" or "ExternalSecret"))
        {
            terminal.Line($"What stays: {managed.Kind()} {managed.Name()}, because its data would go with it.");
        }

        terminal.Line($"The namespace stays, with what others may have put there: kubectl delete namespace {overlay.Namespace}");
        if (data)
        {
            terminal.Line($"Volumes whose reclaim policy is Retain stay: kubectl get persistentvolumes. {Path.Combine(overlay.Folder, "secrets.env")} stays too; the next deployment uses it.");
        }
    }
}
