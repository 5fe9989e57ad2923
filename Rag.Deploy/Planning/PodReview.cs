using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;

namespace Rag.Deploy.Planning;

/// <summary>
/// What is the same for all pods of the platform, whoever planned them, and the rules of a review that one of them cannot keep: each such
/// exception stands with its reason in an annotation of the workload, so that it is a decision which can be read and not an oversight. They are
/// the workload's and not the pods', because a reason is nothing to restart for.
/// </summary>
internal static class PodReview
{
    /// <summary>An account that the nodes may have too.</summary>
    public const string ImageUser = "ragplatform.dev/image-user";

    /// <summary>A root file system that may be written.</summary>
    public const string WritableRoot = "ragplatform.dev/writable-root";

    /// <summary>A port below 1024.</summary>
    public const string LowPort = "ragplatform.dev/low-port";

    /// <summary>Secrets in variables.</summary>
    public const string SecretVariables = "ragplatform.dev/secret-variables";

    /// <summary>Secrets in arguments.</summary>
    public const string SecretArguments = "ragplatform.dev/secret-arguments";

    /// <summary>An image whose tag may mean another image tomorrow.</summary>
    public const string MovingTag = "ragplatform.dev/moving-image-tag";

    /// <summary>No probes.</summary>
    public const string NoProbes = "ragplatform.dev/no-probes";

    /// <summary>No pause before it stops.</summary>
    public const string NoPreStop = "ragplatform.dev/no-pre-stop";

    /// <summary>On a workload: why a pod is taken away before its successor is ready.</summary>
    public const string TakenBeforeReady = "ragplatform.dev/taken-before-ready";

    /// <summary>The cluster's own priority.</summary>
    public const string NoPriorityClass = "ragplatform.dev/no-priority-class";

    /// <summary>AppArmor as the node has it.</summary>
    public const string NoAppArmor = "ragplatform.dev/no-app-armor";

    private const int Unprivileged = 1024;

    // Since this minor version AppArmor is a field; before it was an annotation for each container.
    private const int AppArmorFieldSince = 30;

    /// <summary>The object as it is deployed.</summary>
    public static PlannedObject Of(PlanContext context, PlannedObject planned)
    {
        if (PodTemplates.Of(planned.Object) is not { } template)
        {
            return planned;
        }

        var confined = Confined(context, template);
        var reasons = new Labels(Reasons(context, planned.Object, confined.Spec).Select(static reason => KeyValuePair.Create(reason.Rule, reason.Text)));
        var reviewed = PodTemplates.With(planned.Object, confined);
        return planned with
        {
            // A reason that the plan of the workload gives itself knows more than one that is read off its pods.
            Object = reasons.Count == 0 ? reviewed : reviewed with { Metadata = reviewed.Metadata with { Annotations = reasons.With(reviewed.Metadata.Annotations ?? []) } },
        };
    }

    /// <summary>What of it whoever deploys should know before.</summary>
    public static IEnumerable<string> Notices(IEnumerable<PlannedObject> objects) =>
        from planned in objects
        let pod = PodTemplates.Of(planned.Object)?.Spec
        where pod is not null
        from image in Containers(pod).Select(static container => container.Image).Distinct()
        where IsMoving(image)
        select $"'{planned.Object.Metadata.Name}' runs {image}, which may be another image tomorrow: name one with a tag in 'images.override'.";

    private static PodTemplateSpec Confined(PlanContext context, PodTemplateSpec template)
    {
        var security = template.Spec.SecurityContext ?? new PodSecurityContext();
        // An account without rights may listen on a low port only where the pod's network lets it; the pod security standards count this among what is safe.
        if (LowPorts(template.Spec).DefaultIfEmpty(Unprivileged).Min() is < Unprivileged and var lowest)
        {
            security = security with { Sysctls = [new Sysctl("net.ipv4.ip_unprivileged_port_start", lowest.ToString(CultureInfo.InvariantCulture))] };
        }

        var metadata = template.Metadata;
        if (context.Values.Cluster.AppArmor && context.KubernetesMinor >= AppArmorFieldSince)
        {
            security = security with { AppArmorProfile = new AppArmorProfile("RuntimeDefault") };
        }
        else if (context.Values.Cluster.AppArmor)
        {
            metadata = metadata with
            {
                Annotations = (metadata.Annotations ?? []).With(Containers(template.Spec).Select(static container =>
                    KeyValuePair.Create($"container.apparmor.security.beta.kubernetes.io/{container.Name}", "runtime/default"))),
            };
        }

        return new PodTemplateSpec(metadata, template.Spec with { SecurityContext = security });
    }

    private static IEnumerable<(string Rule, string Text)> Reasons(PlanContext context, KubernetesObject workload, PodSpec pod)
    {
        if (pod.PriorityClassName is null)
        {
            yield return (NoPriorityClass, "The values name none ('cluster.priorityClass'), because it has to exist in the cluster.");
        }

        if (!context.Values.Cluster.AppArmor)
        {
            yield return (NoAppArmor, "The node's own: where it has AppArmor it confines pods that ask for nothing too, and where it has not it refuses those that ask ('cluster.appArmor').");
        }

        if (Containers(pod).Select(container => container.SecurityContext?.RunAsUser ?? pod.SecurityContext?.RunAsUser).Where(static user => user < WorkloadSettings.NobodyInParticular).ToList() is [var user, ..])
        {
            yield return (ImageUser, $"It runs as {user}, the account that its image is made for.");
        }

        if (Containers(pod).Any(static container => container.SecurityContext?.ReadOnlyRootFilesystem != true))
        {
            yield return (WritableRoot, "Its program writes to places that the values do not name ('scratch').");
        }

        if (LowPorts(pod).Distinct().Order().ToList() is { Count: > 0 } ports)
        {
            yield return (LowPort, $"Its image listens on {string.Join(", ", ports)}.");
        }

        if (Containers(pod).SelectMany(FromSecrets).Distinct().ToList() is { Count: > 0 } variables)
        {
            yield return (SecretVariables, $"Nothing says that its program reads these from files: {string.Join(", ", variables)}.");
        }

        if (Containers(pod).SelectMany(static container => FromSecrets(container).Where(name => container.Args?.Any(argument => argument.Contains($"$({name})", StringComparison.Ordinal)) == true)).Distinct().ToList() is { Count: > 0 } arguments)
        {
            yield return (SecretArguments, $"The values give its program these as arguments, which all processes of its container can read: {string.Join(", ", arguments)}.");
        }

        if (Containers(pod).Select(static container => container.Image).Where(IsMoving).ToList() is [var image, ..])
        {
            yield return (MovingTag, $"The app model names {image}; 'images.override' names another.");
        }

        if (PodTemplates.RunOn(workload) && pod.Containers.Any(static container => container.ReadinessProbe is null || container.LivenessProbe is null))
        {
            yield return (NoProbes, "It listens nowhere, or the values want none ('probes').");
        }

        if (PodTemplates.RunOn(workload) && pod.Containers.Any(static container => container.Lifecycle is null))
        {
            yield return (NoPreStop, !context.HasPreStopSleep ? "Below Kubernetes 1.30 the node cannot wait; a program that can does so itself." : "The values want none ('shutdown.delaySeconds').");
        }
    }

    private static IEnumerable<Container> Containers(PodSpec pod) => [.. pod.InitContainers ?? [], .. pod.Containers];

    private static IEnumerable<int> LowPorts(PodSpec pod) =>
        Containers(pod).SelectMany(static container => container.Ports ?? []).Select(static port => port.ContainerPortNumber).Where(static port => port < Unprivileged);

    private static IEnumerable<string> FromSecrets(Container container) =>
        (container.Env ?? []).Where(static variable => variable.ValueFrom?.SecretKeyRef is not null).Select(static variable => variable.Name);

    private static bool IsMoving(string image) => ImageReference.Parse(image) is { Digest: null, Tag: "latest" };
}
