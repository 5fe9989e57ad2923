using System.Text.Json.Nodes;
using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>Takes a snapshot with kubectl. What one may not see beyond the namespace is left out of it.</summary>
internal sealed class SnapshotReader(Kubectl kubectl, TimeProvider time)
{
    private const string InNamespace = "deployments,statefulsets,daemonsets,pods,persistentvolumeclaims,horizontalpodautoscalers,ingresses,jobs,cronjobs,events";

    // A container that crashes on every node would otherwise cost a call for each of its pods.
    private const int MostLogs = 8;

    /// <summary>Takes it.</summary>
    /// <exception cref="CliException">The namespace may not be looked at, or the cluster does not answer.</exception>
    public async Task<Snapshot> ReadAsync(CancellationToken cancellationToken)
    {
        var own = kubectl.ListAsync(InNamespace, cancellationToken);
        var classes = kubectl.TryListAsync("storageclasses", cancellationToken);
        var nodes = kubectl.TryListAsync("nodes", cancellationToken);
        var routes = kubectl.TryListAsync("httproutes.gateway.networking.k8s.io", cancellationToken);
        var secrets = SecretNamesAsync(cancellationToken);
        // Also where the first fails: no kubectl is to go on behind the back of whoever is told so.
        await Task.WhenAll(own, classes, nodes, routes, secrets);
        var snapshot = Snapshot.Of(kubectl.Namespace ?? "default", time.GetUtcNow(), [.. await own, .. await routes ?? []]) with
        {
            Kubectl = kubectl.Shown,
            StorageClasses = await classes is { } known ? ApiJson.Of<ApiStorageClass>(known, "StorageClass") : null,
            Nodes = await nodes is { } machines ? ApiJson.Of<ApiNode>(machines, "Node") : null,
            Secrets = await secrets,
        };
        return snapshot with { LastWords = await LastWordsAsync(snapshot, cancellationToken) };
    }

    /// <summary>
    /// Names only. The server makes the table that is asked for here and leaves the values out of it; every other form would carry them
    /// to this machine.
    /// </summary>
    public async Task<IReadOnlySet<string>?> SecretNamesAsync(CancellationToken cancellationToken)
    {
        var result = await kubectl.RunAsync(["get", "secrets", "--no-headers", "--ignore-not-found"], cancellationToken: cancellationToken);
        return result.Succeeded
            ? result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ', 2)[0]).ToHashSet(StringComparer.Ordinal)
            : null;
    }

    /// <summary>The environment that the namespace is labelled with; null: with none, it is not there, or it may not be seen.</summary>
    public async Task<string?> EnvironmentAsync(CancellationToken cancellationToken)
    {
        var result = await kubectl.RunAsync(["get", "namespace", kubectl.Namespace ?? "default", "-o", "json", "--ignore-not-found"], cancellationToken: cancellationToken);
        return result.Succeeded && result.Output.Trim().Length > 0 ? JsonNode.Parse(result.Output).Text("metadata", "labels", Overlay.EnvironmentLabel) : null;
    }

    private async Task<IReadOnlyDictionary<(string, string), string>> LastWordsAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        var words = new Dictionary<(string, string), string>();
        foreach (var (pod, container, previous) in ContainerProblems.Crashed(snapshot).Take(MostLogs))
        {
            string[] which = previous ? ["--previous"] : [];
            var log = await kubectl.RunAsync(["logs", pod, "-c", container, "--tail=50", .. which], cancellationToken: cancellationToken);
            if (log.Succeeded && LastWords.Of(log.Output) is { } last)
            {
                words[(pod, container)] = last;
            }
        }

        return words;
    }
}
