using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Workloads;

namespace Rag.Deploy.Planning.Rules;

/// <summary>A container takes one thing at each path. What Docker lets the later one win is refused by an API server, or hides what somebody keeps.</summary>
internal static class MountRules
{
    /// <summary>What the app model mounts, before anything is planned of it.</summary>
    public static void Check(PlanContext context, RuleFaults faults)
    {
        foreach (var container in context.Services.OfType<ContainerResource>())
        {
            var omitted = WorkloadSettings.ValuesOf(context, container).OmitMounts;
            var mounts = container.Volumes.Select(static volume => (Path: WorkloadSettings.MountPath(volume.Target), What: volume.Name is { } name ? $"the volume '{name}'" : "a volume without a name", IsBound: false))
                .Concat(container.BindMounts.Where(mount => !omitted.Contains(mount.Target, StringComparer.Ordinal)).Select(static mount => (Path: WorkloadSettings.MountPath(mount.Target), What: $"the bind mount '{mount.Source}'", IsBound: true)));
            foreach (var group in mounts.GroupBy(static mount => mount.Path).Where(static group => group.Count() > 1))
            {
                var way = group.Any(static mount => mount.IsBound) && group.Count(static mount => !mount.IsBound) <= 1 ? $", or leave bind mounts out with 'services.{container.Name}.omitMounts'" : "";
                faults.OfManifest(
                    context.Manifest.File, container.Name,
                    $"{string.Join(" and ", group.Select(static mount => mount.What))} are both mounted at {group.Key}; a container takes one at each path. Remove one of them in the app host{way}.");
            }
        }
    }

    /// <summary>What all pods have, whoever planned it: folders of the platform's own stand beside those of the app model.</summary>
    public static void Check(PlanContext context, IReadOnlyList<PlannedObject> objects, RuleFaults faults)
    {
        foreach (var one in objects.Select(static planned => planned.Object))
        {
            var pod = PodTemplates.Of(one)?.Spec;
            foreach (var container in (pod?.InitContainers ?? []).Concat(pod?.Containers ?? []))
            {
                foreach (var group in (container.VolumeMounts ?? []).GroupBy(static mount => WorkloadSettings.MountPath(mount.MountPath)).Where(static group => group.Count() > 1))
                {
                    faults.OfManifest(
                        context.Manifest.File, ObjectNameRules.Owner(context, one)?.Name,
                        $"{one.Key} would have {string.Join(" and ", group.Select(static mount => $"the volume '{mount.Name}'"))} at {group.Key}, which the platform needs itself; mount what the app model has there at another path.");
                }
            }
        }
    }
}
