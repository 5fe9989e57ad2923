using System.Globalization;
using System.Text.Json.Nodes;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>A claim of storage in the manifests.</summary>
/// <param name="Name">Its own, or that of the template with its workload's.</param>
/// <param name="StorageClass">Null: the cluster's default; empty: none, the volume is made by hand.</param>
internal sealed record TreeClaim(string Name, string? StorageClass)
{
    /// <summary>Whether several nodes have to mount it at the same time.</summary>
    public bool IsShared { get; init; }
}

/// <summary>What can be told from the manifests alone.</summary>
internal static class TreeFacts
{
    /// <summary>Kinds that make pods and that one can wait for.</summary>
    public static readonly IReadOnlySet<string> Rolling = new HashSet<string>(StringComparer.Ordinal) { "Deployment", "StatefulSet", "DaemonSet" };

    /// <summary>Claims that the cluster has to find volumes for.</summary>
    public static IEnumerable<TreeClaim> Claims(IEnumerable<JsonObject> objects) => objects.SelectMany(Claims);

    /// <summary>Claims for which the manifests bring a volume.</summary>
    public static IReadOnlySet<string> ReservedClaims(IEnumerable<JsonObject> objects, string kubeNamespace) => objects
        .Where(one => one.Kind() == "PersistentVolume" && one.Text("spec", "claimRef", "namespace") == kubeNamespace)
        .Select(static one => one.Text("spec", "claimRef", "name")).OfType<string>().ToHashSet(StringComparer.Ordinal);

    /// <summary>Claims that pods name and the manifests do not make, and who names each.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ForeignClaims(IReadOnlyList<JsonObject> objects)
    {
        var made = Claims(objects).Select(static claim => claim.Name).Concat(objects.Where(static one => one.Kind() == "PersistentVolumeClaim").Select(static one => one.Name())).ToHashSet(StringComparer.Ordinal);
        return objects
            .SelectMany(static one => one.PodSpec()?.Items("volumes").Select(volume => (Claim: volume.Text("persistentVolumeClaim", "claimName"), User: $"{one.Kind()} {one.Name()}")) ?? [])
            .Where(use => use.Claim is not null && !made.Contains(use.Claim))
            .GroupBy(static use => use.Claim!, static use => use.User, StringComparer.Ordinal)
            .ToDictionary(static group => group.Key, static group => (IReadOnlyList<string>)[.. group.Distinct()], StringComparer.Ordinal);
    }

    /// <summary>Names of the jobs.</summary>
    public static IReadOnlySet<string> Jobs(IEnumerable<JsonObject> objects) => objects.Where(static one => one.Kind() == "Job").Select(static one => one.Name()).ToHashSet(StringComparer.Ordinal);

    /// <summary>The lowest minor version of Kubernetes 1 that the manifests work on, and what in them asks for it.</summary>
    public static (int Minor, string Because) LowestVersion(IEnumerable<JsonObject> objects)
    {
        var all = objects.ToList();
        if (all.Any(static one => one.PodSpec()?.Containers().Any(static container => container.At("lifecycle", "preStop", "sleep") is not null) == true))
        {
            return (30, "preStop sleep; with cluster.kubernetesVersion \"1.29\" in the values the services delay their stop themselves");
        }

        return all.Any(static one => one.At("spec", "unhealthyPodEvictionPolicy") is not null)
            ? (27, "unhealthyPodEvictionPolicy of the disruption budgets")
            : (26, "the versions of the APIs in use");
    }

    /// <summary>Images, and who runs each.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Images(IEnumerable<JsonObject> objects) => objects
        .SelectMany(static one => one.PodSpec()?.Containers().Select(container => (Image: container.Text("image") ?? "", User: $"{one.Kind()} {one.Name()}")) ?? [])
        .Where(static use => use.Image.Length > 0)
        .GroupBy(static use => use.Image, static use => use.User, StringComparer.Ordinal)
        .OrderBy(static group => group.Key, StringComparer.Ordinal)
        .ToDictionary(static group => group.Key, static group => (IReadOnlyList<string>)[.. group.Distinct().Order(StringComparer.Ordinal)], StringComparer.Ordinal);

    private static IEnumerable<TreeClaim> Claims(JsonObject one) => one.Kind() switch
    {
        // One that names its volume gets that one and no other.
        "PersistentVolumeClaim" when one.Text("spec", "volumeName") is null => [new TreeClaim(one.Name(), one.Text("spec", "storageClassName")) { IsShared = (one.At("spec", "accessModes") as JsonArray)?.Any(static mode => mode?.ToString() == "ReadWriteMany") == true }],
        "StatefulSet" =>
            from template in one.Items("spec", "volumeClaimTemplates")
            from ordinal in Enumerable.Range(0, int.TryParse(one.Text("spec", "replicas"), NumberStyles.None, CultureInfo.InvariantCulture, out var replicas) ? replicas : 1)
            select new TreeClaim(string.Create(CultureInfo.InvariantCulture, $"{template.Name()}-{one.Name()}-{ordinal}"), template.Text("spec", "storageClassName")),
        // Of CloudNativePG.
        "Cluster" when one.At("spec", "storage") is JsonObject storage => [new TreeClaim($"{one.Name()}-1", storage.Text("storageClass"))],
        _ => [],
    };
}
