using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning;

/// <summary>The pods that an object makes, whatever kind of object it is.</summary>
internal static class PodTemplates
{
    /// <summary>What its pods are made of; null: it makes none.</summary>
    public static PodTemplateSpec? Of(KubernetesObject one) => one switch
    {
        Deployment deployment => deployment.Spec.Template,
        StatefulSet set => set.Spec.Template,
        DaemonSet set => set.Spec.Template,
        Job job => job.Spec.Template,
        CronJob job => job.Spec.JobTemplate.Spec.Template,
        _ => null,
    };

    /// <summary>The same object with other pods.</summary>
    public static KubernetesObject With(KubernetesObject one, PodTemplateSpec template) => one switch
    {
        Deployment deployment => deployment with { Spec = deployment.Spec with { Template = template } },
        StatefulSet set => set with { Spec = set.Spec with { Template = template } },
        DaemonSet set => set with { Spec = set.Spec with { Template = template } },
        Job job => job with { Spec = job.Spec with { Template = template } },
        CronJob job => job with { Spec = job.Spec with { JobTemplate = job.Spec.JobTemplate with { Spec = job.Spec.JobTemplate.Spec with { Template = template } } } },
        _ => throw new ArgumentException($"{one.Key} makes no pods.", nameof(one)),
    };

    /// <summary>The images that objects run, each once.</summary>
    public static IEnumerable<string> Images(IEnumerable<PlannedObject> objects) => objects.Select(static planned => Of(planned.Object)?.Spec).OfType<PodSpec>()
        .SelectMany(static pod => (pod.InitContainers ?? []).Concat(pod.Containers))
        .Select(static container => container.Image)
        .Distinct();

    /// <summary>Whether its pods are there for good, and not only until they are done.</summary>
    public static bool RunOn(KubernetesObject one) => one is Deployment or StatefulSet or DaemonSet;
}
