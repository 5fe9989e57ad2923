using System.Text.Json;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Planning.Monitoring;
using Rag.Deploy.Planning.Originals;
using Rag.Deploy.Planning.Rules;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Values;

namespace Rag.Deploy.Writing;

/// <summary>
/// The sizes of all claims, by environment and by the value that says them, kept beside the tree: claims do not shrink, and what was applied the
/// last time is the only thing that tells a smaller value from a first one.
/// </summary>
internal sealed record ClaimRecord(SortedDictionary<string, SortedDictionary<string, string>> Environments)
{
    /// <summary>Where it is kept.</summary>
    public const string File = "claims.json";

    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>The claims of plans.</summary>
    public static ClaimRecord Of(AppManifest manifest, IReadOnlyDictionary<string, PlatformPlan> plans)
    {
        var environments = new SortedDictionary<string, SortedDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var (name, plan) in plans)
        {
            environments[name] = new SortedDictionary<string, string>(
                plan.Objects.SelectMany(planned => Claims(manifest, planned.Object)).ToDictionary(static claim => claim.Path, static claim => claim.Size, StringComparer.Ordinal), StringComparer.Ordinal);
        }

        return new ClaimRecord(environments);
    }

    /// <summary>What an earlier generation wrote into the folder.</summary>
    /// <exception cref="DeployException">The file is not what was written.</exception>
    public static ClaimRecord Read(string folder)
    {
        var path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path))
        {
            return new ClaimRecord([]);
        }

        try
        {
            return new ClaimRecord(JsonSerializer.Deserialize<SortedDictionary<string, SortedDictionary<string, string>>>(System.IO.File.ReadAllText(path)) ?? []);
        }
        catch (JsonException exception)
        {
            throw new DeployException($"{path}: it does not hold the sizes of claims: {exception.Message}", "Take it from version control, or remove it where no claim exists yet.", exception);
        }
    }

    /// <summary>Goes on only where no claim would have to shrink.</summary>
    /// <exception cref="ValuesException">Some would; all of them are named.</exception>
    public static void RequireGrowth(EnvironmentValues values, ClaimRecord before, ClaimRecord after)
    {
        var lines = new List<string>();
        foreach (var (name, claims) in after.Environments)
        {
            var faults = new RuleFaults(values.Environments[name].Places);
            foreach (var (path, size) in claims)
            {
                if (before.Environments.GetValueOrDefault(name)?.GetValueOrDefault(path) is { } old && Quantities.Parse(size) < Quantities.Parse(old))
                {
                    faults.NotAllowed(path, size, $"{old} and more", $"{name} had that when it was generated last, and claims grow but do not shrink (a new claim is moved to by a backup; then remove the line from {File})");
                }
            }

            lines.AddRange(faults.Lines);
        }

        if (lines.Count > 0)
        {
            throw new ValuesException([.. lines.Distinct()]);
        }
    }

    /// <summary>For the file.</summary>
    public string Text() => JsonSerializer.Serialize(Environments, Layout) + "\n";

    private static IEnumerable<(string Path, string Size)> Claims(AppManifest manifest, KubernetesObject one)
    {
        var resource = manifest.Workloads.FirstOrDefault(workload => Named(workload, one.Metadata.Name));
        return one switch
        {
            StatefulSet { Spec.VolumeClaimTemplates: { } templates } set => templates.Select((template, i) => (
                resource switch
                {
                    ContainerResource container when template.Metadata.Name != StorePods.DataVolume => $"services.{container.Name}.volumes.{container.Volumes[i].Target}",
                    ContainerResource container => $"stores.{container.Name}.storage",
                    _ when set.Metadata.Name == PrometheusPlan.Name => "monitoring.prometheus.storage",
                    _ => $"claim {set.Metadata.Name}/{template.Metadata.Name}",
                },
                Size(template.Spec))),
            PostgresCluster cluster => [($"stores.{manifest.Workloads.First(workload => PostgresOperatorPlan.ClusterName(Naming.Of(workload.Name)) == cluster.Metadata.Name).Name}.storage", cluster.Spec.Storage.Size)],
            PersistentVolumeClaim claim when manifest.Workloads.FirstOrDefault(workload => BackupPlan.Name(workload) == claim.Metadata.Name) is { } store => [($"stores.{store.Name}.backup.storage", Size(claim.Spec))],
            PersistentVolumeClaim { Metadata.Name: OriginalsPlan.Name } claim => [("originals.claim.size", Size(claim.Spec))],
            PersistentVolumeClaim claim => [($"claim {claim.Metadata.Name}", Size(claim.Spec))],
            _ => [],
        };
    }

    private static bool Named(WorkloadResource workload, string? name) => Naming.Of(workload.Name) == name;

    private static string Size(PersistentVolumeClaimSpec claim) => claim.Resources.Requests["storage"];
}
