using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>What a pod is called by people: the workload that it belongs to.</summary>
internal static class PodNames
{
    public static string Workload(ApiPod pod) =>
        pod.Metadata.Labels.GetValueOrDefault("app.kubernetes.io/name") ?? pod.Metadata.OwnerReferences.Select(static owner => owner.Name).FirstOrDefault() ?? pod.Metadata.Name;

    public static IEnumerable<(ApiContainer Container, ApiContainerStatus Status)> Containers(ApiPod pod) =>
        from container in pod.Spec.InitContainers.Concat(pod.Spec.Containers)
        join status in pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses) on container.Name equals status.Name
        select (container, status);
}
