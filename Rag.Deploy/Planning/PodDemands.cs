using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Inference;

namespace Rag.Deploy.Planning;

/// <summary>
/// How many pods everything that is planned makes at the same time at the most, and what each asks for: read off the objects, so that whatever
/// another part of the platform adds is counted without being listed. Pods that are on their way out are the cluster's too until they are gone;
/// a rollout waits for those where there is no room, so they are not counted.
/// </summary>
internal static class PodDemands
{
    /// <summary>One for each object that makes pods, in the order of the plan.</summary>
    public static IReadOnlyList<PodDemand> Of(PlanContext context, IReadOnlyList<PlannedObject> planned)
    {
        var most = Maxima(planned.Select(static one => one.Object));
        return [.. planned.Select(one => Of(context, one.Object, most)).OfType<PodDemand>()];
    }

    private static PodDemand? Of(PlanContext context, KubernetesObject one, Dictionary<string, int> most)
    {
        if (one is PostgresCluster { Spec: var cluster })
        {
            // The operator's own jobs ask for the same, each before the pod that it prepares.
            return new PodDemand(Naming.PartOf(one), cluster.Instances, Requests("cpu", [cluster.Resources]), Requests("memory", [cluster.Resources]));
        }

        if (PodTemplates.Of(one)?.Spec is not { } pod)
        {
            return null;
        }

        return new PodDemand(Naming.PartOf(one), Pods(context, one, most), Requests(pod, "cpu"), Requests(pod, "memory"));
    }

    private static int Pods(PlanContext context, KubernetesObject one, Dictionary<string, int> most) => one switch
    {
        Deployment { Spec: var spec } => WithSurge(most.GetValueOrDefault(one.Metadata.Name!, spec.Replicas ?? 1), spec.Strategy.RollingUpdate?.MaxSurge),
        StatefulSet set => set.Spec.Replicas,
        // How many nodes there will be nobody knows here.
        DaemonSet => InferencePlan.Nodes(context, one.Metadata.Name!),
        // One at a time: no job here runs its pods side by side, and a copy that is late does not wait for the next one.
        _ => 1,
    };

    // A share is rounded up to whole pods, as the controller does it.
    private static int WithSurge(int pods, IntOrString? surge) => surge is not { } more
        ? pods
        : pods + (more.Number ?? (int)Math.Ceiling(pods * int.Parse(more.ToString().TrimEnd('%'), System.Globalization.CultureInfo.InvariantCulture) / 100m));

    private static Dictionary<string, int> Maxima(IEnumerable<KubernetesObject> objects)
    {
        var most = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var one in objects)
        {
            var (name, pods) = one switch
            {
                HorizontalPodAutoscaler scaler => (scaler.Spec.ScaleTargetRef.Name, scaler.Spec.MaxReplicas),
                ScaledObject scaled => (scaled.Spec.ScaleTargetRef.Name, scaled.Spec.MaxReplicaCount),
                _ => ("", 0),
            };
            most[name] = Math.Max(pods, most.GetValueOrDefault(name));
        }

        return most;
    }

    // Containers that prepare are gone before the others start; the pod keeps room for the larger of both.
    private static decimal Requests(PodSpec pod, string resource) => Math.Max(
        Requests(resource, pod.Containers.Select(static container => container.Resources)),
        (pod.InitContainers ?? []).Select(container => Requests(resource, [container.Resources])).DefaultIfEmpty().Max());

    private static decimal Requests(string resource, IEnumerable<ResourceRequirements?> containers) => containers.Sum(resources =>
        Quantities.Parse(resources?.Requests?.GetValueOrDefault(resource) ?? resources?.Limits?.GetValueOrDefault(resource) ?? NamespacePlan.StandardRequests[resource]));
}

/// <summary>What an object's pods need of the namespace.</summary>
/// <param name="Name">Of what its pods are: a workload of the app model, or a part of the platform.</param>
/// <param name="Pods">At the same time at the most.</param>
/// <param name="Cpu">Cores that one of them requests.</param>
/// <param name="Memory">Bytes that one of them requests.</param>
internal sealed record PodDemand(string Name, int Pods, decimal Cpu, decimal Memory);
