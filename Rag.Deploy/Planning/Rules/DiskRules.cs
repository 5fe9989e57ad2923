using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning.Rules;

/// <summary>
/// What a pod's folders may hold fits into what it may take of the node's disk. Where it does not, the node evicts a pod that uses the room which
/// its folders promise, and with it everything that it is working on. Looked at when everything is planned, because parts of the platform
/// bring folders of their own.
/// </summary>
internal static class DiskRules
{
    private const string Disk = "ephemeral-storage";

    /// <summary>Looks at every pod.</summary>
    public static void Check(PlanContext context, IReadOnlyList<PlannedObject> objects, RuleFaults faults)
    {
        foreach (var planned in objects)
        {
            if (PodTemplates.Of(planned.Object)?.Spec is not { } pod || LimitOf(pod) is not { } limit)
            {
                continue;
            }

            // What lies in memory counts as memory.
            var folders = (pod.Volumes ?? []).Where(static volume => volume.EmptyDir is { Medium: null, SizeLimit: not null }).ToList();
            var needed = folders.Sum(static volume => Quantities.Bytes(volume.EmptyDir!.SizeLimit!));
            if (needed >= limit)
            {
                faults.NotAllowed(
                    $"{Place(context, planned.Object)}.resources.limits.ephemeralStorage",
                    Quantities.Text(limit),
                    $"more than {Quantities.Text(needed)}",
                    $"the folders of {planned.Object.Kind} {planned.Object.Metadata.Name} may take so much of it ({string.Join(", ", folders.Select(volume => $"{PathOf(pod, volume)} {volume.EmptyDir!.SizeLimit}"))}), and its output is kept there too");
            }
        }
    }

    // As the kubelet adds it up: of its containers together, or of the one that prepares and needs most. One without a limit leaves the pod without.
    private static long? LimitOf(PodSpec pod)
    {
        var main = pod.Containers.Select(Limit).ToList();
        return main.Contains(null) ? null : (pod.InitContainers ?? []).Select(Limit).Append(main.Sum()).Max();

        static long? Limit(Container container) => container.Resources?.Limits?.TryGetValue(Disk, out var amount) == true ? Quantities.Bytes(amount) : null;
    }

    private static string PathOf(PodSpec pod, Volume volume) =>
        pod.Containers.SelectMany(static container => container.VolumeMounts ?? []).FirstOrDefault(mount => mount.Name == volume.Name)?.MountPath ?? volume.Name;

    // Of whom the values say what its pods get.
    private static string Place(PlanContext context, KubernetesObject one)
    {
        var name = one.Metadata.Labels!["app.kubernetes.io/name"];
        return context.Services.FirstOrDefault(service => Naming.Of(service.Name) == name) is { } service ? $"services.{service.Name}"
            : context.Stores.FirstOrDefault(store => Naming.Of(store.Name) == name) is { } store ? $"stores.{store.Name}"
            : context.Values.Inference.Keys.FirstOrDefault(model => name == $"inference-{Naming.Of(model)}") is { } key ? $"inference.{key}"
            : name;
    }
}
