using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;

namespace Rag.Deploy.Planning.Monitoring;

/// <summary>What the pods of the monitoring have in common with all others.</summary>
internal static class MonitoringPods
{
    private const int StopDelaySeconds = 5;

    public static PodTemplateSpec Template(PlanContext context, string name, int user, Container container, IReadOnlyList<Volume> volumes, string configHash, Labels? annotations = null) => new(
        new ObjectMeta
        {
            Labels = context.Names.Labels(name, MonitoringPlan.Component, PodParts.ImageVersion(container.Image)),
            Annotations = new Labels(annotations ?? new Labels()) { [ServicePlan.ConfigHash] = configHash },
        },
        new PodSpec
        {
            ServiceAccountName = name,
            AutomountServiceAccountToken = false,
            EnableServiceLinks = false,
            PriorityClassName = context.Values.Cluster.PriorityClass,
            TerminationGracePeriodSeconds = 60,
            SecurityContext = PodSecurity.Pod(user, ownsVolumes: true),
            TopologySpreadConstraints = PodParts.Spread(context, name),
            Containers =
            [
                container with
                {
                    ImagePullPolicy = context.Values.Images.PullPolicy.ToString(),
                    SecurityContext = PodSecurity.Container(user),
                    Lifecycle = context.HasPreStopSleep ? new Lifecycle(new LifecycleHandler { Sleep = new SleepAction(StopDelaySeconds) }) : null,
                },
            ],
            Volumes = [PodParts.Scratch(PodParts.ScratchVolume, "64Mi"), .. volumes],
        });
}
