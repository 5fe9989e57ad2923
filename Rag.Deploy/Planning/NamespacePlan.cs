using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning;

/// <summary>The namespace and what holds for everything in it.</summary>
internal static class NamespacePlan
{
    private const string Component = "platform";
    private const string File = "namespace";

    /// <summary>What a container that requests nothing is counted with.</summary>
    public static Labels StandardRequests { get; } = new() { ["cpu"] = "100m", ["memory"] = "128Mi", ["ephemeral-storage"] = "128Mi" };

    /// <summary>Refuses pods that ask for more than pod security "restricted" allows, whoever creates them.</summary>
    public static PlannedObject Namespace(PlanContext context) => new(
        new Kubernetes.Namespace
        {
            Metadata = new ObjectMeta
            {
                Name = context.Values.EffectiveNamespace,
                Labels = context.Names.Labels(context.Values.Name, Component).With(
                [
                    .. context.EnvironmentLabels,
                    new("pod-security.kubernetes.io/enforce", "restricted"),
                    new("pod-security.kubernetes.io/audit", "restricted"),
                    new("pod-security.kubernetes.io/warn", "restricted"),
                ]),
                // Read back from the rendered manifests, so that it holds for those that were generated long ago too.
                Annotations = context.Values.Cluster.Context is { Length: > 0 } cluster ? new Labels { [ClusterValues.ContextAnnotation] = cluster } : null,
            },
        },
        File);

    /// <summary>Quota and defaults, where they are asked for.</summary>
    public static IEnumerable<PlannedObject> Limits(PlanContext context)
    {
        var quota = context.Values.Cluster.Quota;
        if (!quota.Enabled)
        {
            yield break;
        }

        yield return new PlannedObject(
            new ResourceQuota
            {
                Metadata = context.Names.Meta(context.Values.Name, Component),
                Spec = new ResourceQuotaSpec(new Labels { ["requests.cpu"] = quota.Cpu, ["requests.memory"] = quota.Memory, ["pods"] = quota.Pods.ToString(System.Globalization.CultureInfo.InvariantCulture) }),
            },
            File);
        yield return new PlannedObject(
            new LimitRange
            {
                Metadata = context.Names.Meta(context.Values.Name, Component),
                Spec = new LimitRangeSpec(
                [
                    new LimitRangeItem("Container")
                    {
                        Default = new Labels { ["cpu"] = "1", ["memory"] = "512Mi", ["ephemeral-storage"] = "1Gi" },
                        DefaultRequest = StandardRequests,
                    },
                ]),
            },
            File);
    }
}
