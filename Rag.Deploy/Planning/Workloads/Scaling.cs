using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>
/// Scales by use. Up at once, because people wait: twice as many or two more within 15 s, whichever is more. Down slowly, because a lull is
/// not an end: only after five minutes, and by half per minute at most.
/// </summary>
internal static class Scaling
{
    private static readonly ScalingBehavior Behavior = new(
        new ScalingRules { StabilizationWindowSeconds = 0, SelectPolicy = "Max", Policies = [new ScalingPolicy("Percent", 100, 15), new ScalingPolicy("Pods", 2, 15)] },
        new ScalingRules { StabilizationWindowSeconds = 300, Policies = [new ScalingPolicy("Percent", 50, 60)] });

    public static HorizontalPodAutoscaler? Of(PlanContext context, string name, string component, WorkloadSettings settings)
    {
        // KEDA makes an autoscaler of its own; two on one Deployment would pull it to and fro.
        if (settings.Autoscaling is not { } values || settings.IsQueueScaled(context))
        {
            return null;
        }

        return new HorizontalPodAutoscaler
        {
            Metadata = context.Names.Meta(name, component),
            Spec = new HorizontalPodAutoscalerSpec
            {
                ScaleTargetRef = new ScaleTarget("apps/v1", "Deployment", name),
                MinReplicas = values.Min ?? settings.Replicas,
                MaxReplicas = values.Max,
                Metrics = [.. Metrics(values)],
                Behavior = Behavior,
            },
        };
    }

    private static IEnumerable<MetricSpec> Metrics(AutoscalingValues values)
    {
        if (values.Cpu is { } cpu)
        {
            yield return Use("cpu", cpu);
        }

        if (values.Memory is { } memory)
        {
            yield return Use("memory", memory);
        }
    }

    private static MetricSpec Use(string resource, int percent) => new("Resource") { Resource = new ResourceMetric(resource, new MetricTarget("Utilization", percent)) };
}
