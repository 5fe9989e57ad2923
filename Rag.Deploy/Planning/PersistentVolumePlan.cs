using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning;

/// <summary>
/// Volumes for a cluster in which nobody makes them. Size, access and class are those of the claim, and each volume is reserved for its claim by
/// name: without that, two claims of the same size would take one another's data. Deleting a claim leaves the volume and what is on it.
/// </summary>
internal static class PersistentVolumePlan
{
    private const string Component = "storage";
    private const string File = "persistent-volumes";

    public static IReadOnlyList<PlannedObject> Of(PlanContext context, IReadOnlyList<PlannedObject> planned)
    {
        // Names that stand twice are refused when everything is planned.
        var claims = Claims(planned).DistinctBy(static claim => claim.Name).ToDictionary(static claim => claim.Name, static claim => claim.Spec, StringComparer.Ordinal);
        var unknown = context.Values.PersistentVolumes.Keys.Where(claim => !claims.ContainsKey(claim)).ToList();
        // A part planned by itself has not the claims of the others.
        if (unknown.Count > 0 && Planner.Features(context.Values).All(context.Has))
        {
            throw new ValuesException([.. unknown.Select(claim => $"{context.Values.Places.Of($"persistentVolumes.{claim}")}: there is no such claim; there are: {string.Join(", ", claims.Keys.Order(StringComparer.Ordinal))}.")]);
        }

        return
        [
            .. context.Values.PersistentVolumes.Where(pair => claims.ContainsKey(pair.Key))
                .Select(pair => new PlannedObject(Of(context, pair.Key, claims[pair.Key], pair.Value), File)),
        ];
    }

    private static PersistentVolume Of(PlanContext context, string claim, PersistentVolumeClaimSpec spec, PersistentVolumeValues values)
    {
        if (values.Local is null == values.Nfs is null)
        {
            throw context.Fault($"persistentVolumes.{claim}", "name either 'local' or 'nfs'.");
        }

        return new PersistentVolume
        {
            // Volumes belong to no namespace, so their names have to tell the platforms of a cluster apart.
            Metadata = context.Names.Meta(context.Values.Name, Component, $"{context.Values.EffectiveNamespace}-{claim}"),
            Spec = new PersistentVolumeSpec
            {
                Capacity = spec.Resources.Requests,
                AccessModes = spec.AccessModes,
                PersistentVolumeReclaimPolicy = "Retain",
                VolumeMode = "Filesystem",
                StorageClassName = spec.StorageClassName ?? "",
                ClaimRef = new ClaimReference(context.Values.EffectiveNamespace, claim),
                MountOptions = values.Nfs?.MountOptions,
                Local = values.Local is { } local ? new LocalVolume(local.Path) : null,
                Nfs = values.Nfs is { } nfs ? new NfsVolume(nfs.Server, nfs.Path) : null,
                NodeAffinity = values.Local is { } node
                    ? new VolumeNodeAffinity(new NodeSelector([new NodeSelectorTerm([new LabelSelectorRequirement("kubernetes.io/hostname", "In", [node.Node])])]))
                    : null,
            },
        };
    }

    private static IEnumerable<(string Name, PersistentVolumeClaimSpec Spec)> Claims(IEnumerable<PlannedObject> planned) => planned.SelectMany(static one => one.Object switch
    {
        PersistentVolumeClaim claim => [(claim.Metadata.Name!, claim.Spec)],
        StatefulSet set => from template in set.Spec.VolumeClaimTemplates ?? []
                           from ordinal in Enumerable.Range(0, set.Spec.Replicas)
                           select (string.Create(CultureInfo.InvariantCulture, $"{template.Metadata.Name}-{set.Metadata.Name}-{ordinal}"), template.Spec),
        _ => Enumerable.Empty<(string, PersistentVolumeClaimSpec)>(),
    });
}
