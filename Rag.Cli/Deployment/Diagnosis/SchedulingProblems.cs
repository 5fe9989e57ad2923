using System.Text.RegularExpressions;
using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>Pods that no node takes, told from what the scheduler says of the nodes.</summary>
internal static partial class SchedulingProblems
{
    // 0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu. preemption: ...
    public static Problem? Of(Snapshot snapshot, ApiPod pod)
    {
        var condition = pod.Status.Conditions.FirstOrDefault(static one => one is { Type: "PodScheduled", Status: "False", Reason: "Unschedulable" });
        if (condition?.Message is not { } message)
        {
            return null;
        }

        var subject = PodNames.Workload(pod);
        // What follows is about pods that could make room, and about claims of devices; newer schedulers put a comma between them.
        var said = Afterwards().Split(message)[0].TrimEnd('.', ',', ' ');
        if (Extended().Match(said) is { Success: true } device)
        {
            return Accelerator(snapshot, subject, device.Groups["name"].Value, said);
        }

        if (NoClaim().Match(said) is { Success: true } missing && snapshot.Claims.All(claim => claim.Metadata.Name != missing.Groups["name"].Value))
        {
            return StorageProblems.Missing(subject, missing.Groups["name"].Value);
        }

        if (said.Contains("PersistentVolumeClaim", StringComparison.OrdinalIgnoreCase) && snapshot.Claims.Any(static claim => claim.Status.Phase != "Bound"))
        {
            // The claim itself is reported, with its reason.
            return null;
        }

        if (said.Contains("persistent volumes to bind", StringComparison.Ordinal))
        {
            return new Problem(ProblemKind.Volume, subject, $"There is no free volume for its claims on any node ({said}).", "Make a PersistentVolume for every claim (persistentVolumes in the values), on a node that has room for the pod: 'kubectl get persistentvolumes' shows those there are.");
        }

        if (said.Contains("volume node affinity conflict", StringComparison.Ordinal) || said.Contains("PersistentVolume's node affinity", StringComparison.Ordinal))
        {
            return new Problem(ProblemKind.Unschedulable, subject, $"Its volume is on a node or in a zone where it cannot run ({said}).", "Make room on that node or in that zone: local volumes do not move. A storage class with volumeBindingMode WaitForFirstConsumer avoids it.");
        }

        if (said.Contains("Insufficient memory", StringComparison.Ordinal))
        {
            return Insufficient(ProblemKind.InsufficientMemory, "memory", subject, pod, said);
        }

        if (said.Contains("Insufficient cpu", StringComparison.Ordinal))
        {
            return Insufficient(ProblemKind.InsufficientCpu, "cpu", subject, pod, said);
        }

        if (said.Contains("Insufficient ephemeral-storage", StringComparison.Ordinal))
        {
            return Insufficient(ProblemKind.Unschedulable, "ephemeral-storage", subject, pod, said);
        }

        // Nodes with the labels that it asks for are there: it is for something else that they do not take it.
        var fitting = snapshot.Nodes?.Where(node => Fits(pod.Spec, node)).ToList();
        var isTainted = said.Contains("untolerated taint", StringComparison.Ordinal);
        if (!(isTainted && fitting is { Count: > 0 }) && (said.Contains("node affinity", StringComparison.Ordinal) || said.Contains("node selector", StringComparison.Ordinal)))
        {
            var wanted = string.Join(", ", pod.Spec.NodeSelector.Select(static pair => $"{pair.Key}={pair.Value}"));
            return IsForAccelerator(pod.Spec)
                ? new Problem(ProblemKind.NoAccelerator, subject, $"No node is labelled {wanted} ({said}).", $"Label the nodes with the accelerator: kubectl label node NAME {wanted}; or correct nodeSelector in the values.")
                : new Problem(ProblemKind.Unschedulable, subject, $"No node has the labels that it asks for{(wanted.Length == 0 ? "" : $": {wanted}")} ({said}).", "Label a node, or correct nodeSelector in the values.");
        }

        if (isTainted)
        {
            // Up to 1.33 the scheduler named them; from then on the nodes themselves have to be asked.
            var named = Taints().Matches(said).Select(static taint => taint.Groups["taint"].Value.TrimEnd(':', ' ')).Distinct().ToList();
            var names = string.Join(", ", named.Count > 0 ? named : Untolerated(pod.Spec, fitting ?? []));
            return new Problem(
                ProblemKind.Taint, subject, $"The nodes refuse it for {(names.Length == 0 ? "taints that it does not tolerate" : $"their taint {names}")} ({said}).",
                names.Contains("node.kubernetes.io/", StringComparison.Ordinal)
                    ? "Kubernetes itself set that taint because the node is not well: 'kubectl describe node' says why."
                    : "Add services.<name>.tolerations for it in the values, take the taint from a node, or add a node without it.");
        }

        var other = said.Contains("topology spread", StringComparison.Ordinal) ? "Set cluster.strictSpread to false, or add nodes in the zones that have none."
            : said.Contains("unschedulable", StringComparison.Ordinal) ? "Nodes are cordoned: kubectl uncordon NAME."
            : said.Contains("Too many pods", StringComparison.Ordinal) ? "Add a node: the others run as many pods as they may."
            : $"'{snapshot.Kubectl} describe pod {pod.Metadata.Name}' shows all of it.";
        return new Problem(ProblemKind.Unschedulable, subject, $"No node takes it: {said}.", other);
    }

    /// <summary>DaemonSets that have no node at all: no pod is made, so nothing else complains.</summary>
    public static IEnumerable<Problem> Of(Snapshot snapshot) =>
        from workload in snapshot.Workloads
        where workload.Kind == "DaemonSet" && workload.Status.DesiredNumberScheduled == 0 && workload.Status.ObservedGeneration >= workload.Metadata.Generation
        select WithoutNode(snapshot, workload.Metadata.Name, workload.Spec.Template.Spec);

    private static Problem WithoutNode(Snapshot snapshot, string name, ApiPodSpec pod)
    {
        var kind = IsForAccelerator(pod) ? ProblemKind.NoAccelerator : ProblemKind.Unschedulable;
        var wanted = string.Join(", ", pod.NodeSelector.Select(static pair => $"{pair.Key}={pair.Value}"));
        var fitting = snapshot.Nodes?.Where(node => Fits(pod, node)).ToList();
        var taints = string.Join(", ", Untolerated(pod, fitting ?? []));
        var problem = fitting is { Count: > 0 } && taints.Length > 0
            ? new Problem(kind, name, $"There is one pod for each node {(wanted.Length == 0 ? "" : $"labelled {wanted} ")}and none is made: {string.Join(", ", fitting.Select(static node => node.Metadata.Name))} refuses it for the taint {taints}.", "Add tolerations for it in the values, or take the taint from the node.")
            : new Problem(kind, name, $"There is one pod for each node {(wanted.Length == 0 ? "" : $"labelled {wanted}")}, and the cluster has no such node.", wanted.Length == 0 ? "Add a node." : $"Label the nodes: kubectl label node NAME {wanted.Replace(", ", " ", StringComparison.Ordinal)}; or correct nodeSelector in the values.");
        return problem with { IsFinal = true };
    }

    private static bool Fits(ApiPodSpec pod, ApiNode node) => pod.NodeSelector.All(label => node.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value);

    private static IEnumerable<string> Untolerated(ApiPodSpec pod, IEnumerable<ApiNode> nodes) =>
        nodes.SelectMany(static node => node.Spec.Taints).Where(taint => taint.Effect != "PreferNoSchedule" && !taint.IsTolerated(pod.Tolerations)).Select(static taint => taint.ToString()).Distinct();

    // By what it asks for, or by the label of its nodes.
    private static bool IsForAccelerator(ApiPodSpec pod) =>
        pod.NodeSelector.Keys.Any(static key => key.Contains("gpu", StringComparison.OrdinalIgnoreCase) || key.Contains("accelerator", StringComparison.OrdinalIgnoreCase))
        || pod.Containers.Any(static container => container.Resources.Limits.Keys.Any(static resource => resource.Contains('/', StringComparison.Ordinal)));

    private static Problem Accelerator(Snapshot snapshot, string subject, string device, string said)
    {
        var having = snapshot.Nodes?.Where(node => node.Status.Allocatable.GetValueOrDefault(device, "0") != "0").Select(static node => node.Metadata.Name).ToList();
        return having is { Count: > 0 }
            ? new Problem(ProblemKind.NoAccelerator, subject, $"No node has a {device} left ({said}); {string.Join(", ", having)} offer some, which are taken or not for this pod.", "Run fewer such pods, add a node, or tolerate its taint (tolerations in the values).")
            : new Problem(ProblemKind.NoAccelerator, subject, $"No node offers {device} ({said}).", "Add a node with one and install its device plugin (for NVIDIA: the GPU operator), or go without: the platform works with a model endpoint elsewhere and without any.");
    }

    private static Problem Insufficient(ProblemKind kind, string resource, string subject, ApiPod pod, string said)
    {
        var asked = string.Join(" + ", pod.Spec.Containers.Select(container => container.Resources.Requests.GetValueOrDefault(resource)).OfType<string>());
        return new Problem(
            kind, subject, $"No node has {resource}{(asked.Length == 0 ? "" : $" {asked}")} left for it ({said}).",
            $"Add a node, or lower its resources.requests.{resource} or its replicas in the values.");
    }

    // Names of extended resources have a domain: nvidia.com/gpu, amd.com/gpu.
    [GeneratedRegex(@"Insufficient (?<name>[a-z0-9.-]+/[A-Za-z0-9._-]+)", RegexOptions.None, 1000)]
    private static partial Regex Extended();

    // 0/3 nodes are available: persistentvolumeclaim "uploads" not found.
    [GeneratedRegex("persistentvolumeclaim \"(?<name>[^\"]+)\" not found", RegexOptions.None, 1000)]
    private static partial Regex NoClaim();

    // 0/3 nodes are available: 3 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/3 nodes are available: ...
    [GeneratedRegex(@"[.,]? *(no new claims to deallocate|preemption:)", RegexOptions.None, 1000)]
    private static partial Regex Afterwards();

    [GeneratedRegex(@"taint \{(?<taint>[^}]*)\}", RegexOptions.None, 1000)]
    private static partial Regex Taints();
}
