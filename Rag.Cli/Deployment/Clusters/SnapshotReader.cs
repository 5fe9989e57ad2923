using System.Text.Json;
using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>Takes a snapshot with kubectl. What one may not see beyond the namespace is left out of it.</summary>
/// <param name="kubectl">For the namespace.</param>
/// <param name="time">The clock.</param>
/// <param name="jobs">Of the manifests; null: it is not known which are theirs.</param>
internal sealed class SnapshotReader(Kubectl kubectl, TimeProvider time, IReadOnlySet<string>? jobs = null)
{
    private static readonly string[] InNamespace =
    [
        "deployments", "statefulsets", "daemonsets", "pods", "persistentvolumeclaims", "horizontalpodautoscalers", "ingresses", "jobs", "cronjobs", "events", "services", "endpointslices",
    ];

    // A container that crashes on every node would otherwise cost a call for each of its pods.
    private const int MostLogs = 8;

    /// <summary>Takes it.</summary>
    /// <exception cref="CliException">The namespace may not be looked at, or the cluster does not answer.</exception>
    public async Task<Snapshot> ReadAsync(CancellationToken cancellationToken)
    {
        var own = OwnAsync(cancellationToken);
        var classes = kubectl.TryListAsync("storageclasses", cancellationToken);
        var nodes = kubectl.TryListAsync("nodes", cancellationToken);
        var volumes = kubectl.TryListAsync("persistentvolumes", cancellationToken);
        var routes = kubectl.TryListAsync("httproutes.gateway.networking.k8s.io", cancellationToken);
        var secrets = SecretNamesAsync(cancellationToken);
        // Also where the first fails: no kubectl is to go on behind the back of whoever is told so.
        await Task.WhenAll(own, classes, nodes, volumes, routes, secrets);
        var snapshot = Snapshot.Of(kubectl.Namespace ?? "default", time.GetUtcNow(), [.. (await own).Items, .. await routes ?? []]) with
        {
            Unseen = (await own).Unseen,
            OwnJobs = jobs,
            Volumes = await volumes is { } made ? ApiJson.Of<ApiVolume>(made, "PersistentVolume") : null,
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

    // One call for all types; where one of them may not be listed, kubectl fails, and each is asked for by itself.
    private async Task<(IReadOnlyList<JsonElement> Items, IReadOnlyList<string> Unseen)> OwnAsync(CancellationToken cancellationToken)
    {
        CliException refused;
        try
        {
            return (await kubectl.ListAsync(string.Join(',', InNamespace), cancellationToken), []);
        }
        catch (CliException exception) when (exception.ExitCode != ExitCode.Unavailable || KubectlFailure.Lasts(exception))
        {
            refused = exception;
        }

        var items = new List<JsonElement>();
        var unseen = new List<string>();
        foreach (var type in InNamespace)
        {
            if (await kubectl.TryListAsync(type, cancellationToken) is { } some)
            {
                items.AddRange(some);
            }
            else
            {
                unseen.Add(type);
            }
        }

        return unseen.Count < InNamespace.Length ? (items, unseen) : throw refused;
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
