using System.Globalization;
using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>Containers that do not start, do not stay, or do not become ready.</summary>
internal static class ContainerProblems
{
    // A container that was killed for its memory once last week is no news.
    private static readonly TimeSpan Recent = TimeSpan.FromHours(1);

    // Until then a container that is not ready is one that starts.
    private static readonly TimeSpan Warm = TimeSpan.FromMinutes(1);

    /// <summary>Containers whose logs say why they ended; whether of the run before this one.</summary>
    public static IEnumerable<(string Pod, string Container, bool Previous)> Crashed(Snapshot snapshot) =>
        from pod in snapshot.Pods
        where pod.Metadata.DeletionTimestamp is null && (pod.Status.Phase != "Failed" || IsOfJob(pod))
        from pair in PodNames.Containers(pod)
        where pair.Status.State.Waiting?.Reason == "CrashLoopBackOff" || pair.Status.State.Terminated is { ExitCode: not 0 }
        select (pod.Metadata.Name, pair.Container.Name, pair.Status.State.Waiting is not null);

    public static IEnumerable<Problem> Of(Snapshot snapshot, ApiPod pod)
    {
        // One that is being deleted ends as it is told to: its exit code is no news.
        if (pod.Metadata.DeletionTimestamp is not null)
        {
            return [];
        }

        // What ended stays until somebody clears it away, which may be never; of a Job's pods the Job itself tells.
        if (pod.Status.Phase == "Failed")
        {
            return IsOfJob(pod) || Ended(pod) is not { } end || snapshot.Now - end > Recent ? [] : [Ended(snapshot, pod)];
        }

        return PodNames.Containers(pod).Select(pair => Of(snapshot, pod, pair.Container, pair.Status)).Append(NotMounted(snapshot, pod)).Append(WithoutNetwork(snapshot, pod)).OfType<Problem>();
    }

    private static bool IsOfJob(ApiPod pod) => pod.Metadata.OwnerReferences.Any(static owner => owner.Kind == "Job");

    private static DateTimeOffset? Ended(ApiPod pod) =>
        pod.Status.Conditions.Select(static one => one.LastTransitionTime)
            .Concat(pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses).Select(static one => one.State.Terminated?.FinishedAt))
            .Max() ?? pod.Status.StartTime ?? pod.Metadata.CreationTimestamp;

    // A pod that its node threw out, stopped or did not take. Its controller makes another one: where that runs, this is a note.
    private static Problem Ended(Snapshot snapshot, ApiPod pod)
    {
        var subject = PodNames.Workload(pod);
        var name = pod.Metadata.Name;
        var said = Sentence(pod.Status.Message);
        var isReplaced = snapshot.Workloads.FirstOrDefault(workload => workload.Metadata.Name == subject) is { } workload && Rollout.Of(workload).IsDone;
        var problem = pod.Status.Reason switch
        {
            "Evicted" => new Problem(ProblemKind.Evicted, subject, $"A node threw {name} out: {said}", "Raise the limit or request that the message names (services.<name>.resources), or give the node more room."),
            // Of a node that is shut down in good order, for an upgrade or because it was only lent.
            "Terminated" or "Shutdown" or "NodeShutdown" => new Problem(ProblemKind.Evicted, subject, $"{name} was stopped with its node: {said}", $"Nothing, where that was meant: another one takes its place. {snapshot.Kubectl} delete pod {name} clears it away.") { IsWarning = true },
            "Preempting" or "Preempted" => new Problem(ProblemKind.Evicted, subject, $"{name} had to give way to a pod of higher priority: {said}", "Add a node, or give the platform a priority class (cluster.priorityClass)."),
            "UnexpectedAdmissionError" when said.Contains("devices unavailable", StringComparison.Ordinal) => new Problem(
                ProblemKind.NoAccelerator, subject, $"The node has no free accelerator for {name}: {said}", "Another pod holds it, or its device plugin does not see it: 'kubectl describe nodes' shows what is allocated."),
            { } reason => new Problem(ProblemKind.Unschedulable, subject, $"The node did not take {name} ({reason}): {said}", $"Another one is tried; where all fail, '{snapshot.Kubectl} describe pod {name}' says what the node lacks."),
            null => new Problem(ProblemKind.CrashLoop, subject, $"{name} ended and is not started again: {said}", $"{snapshot.Kubectl} logs {name}"),
        };
        return problem with { IsWarning = problem.IsWarning || isReplaced };
    }

    private static Problem? Of(Snapshot snapshot, ApiPod pod, ApiContainer container, ApiContainerStatus status) => status.State switch
    {
        { Waiting: { } waiting } when ImageProblems.Covers(waiting.Reason) => ImageProblems.Of(snapshot, pod, container, waiting),
        { Waiting: { Reason: "CreateContainerConfigError" } waiting } => ConfigurationProblems.Of(snapshot, pod, waiting.Message ?? ""),
        { Waiting: { Reason: "CrashLoopBackOff" } } => Crash(snapshot, pod, container, status, status.LastState.Terminated),
        { Waiting: { Reason: "CreateContainerError" or "RunContainerError" } waiting } => CannotStart(pod, container, waiting.Message),
        { Terminated: { ExitCode: not 0 } ended } when !IsOfJob(pod) => Crash(snapshot, pod, container, status, ended),
        { Running: not null } when KilledForMemory(snapshot, status) => OutOfMemory(pod, container, status) with { IsWarning = status.Ready },
        { Running: { } running } when !status.Ready && snapshot.Now - running.StartedAt > Warm => NotReady(snapshot, pod, container),
        _ => null,
    };

    private static bool KilledForMemory(Snapshot snapshot, ApiContainerStatus status) => status.LastState.Terminated is { Reason: "OOMKilled", FinishedAt: { } at } && snapshot.Now - at < Recent;

    private static Problem Crash(Snapshot snapshot, ApiPod pod, ApiContainer container, ApiContainerStatus status, ApiTerminated? ended)
    {
        if (ended?.Reason == "OOMKilled")
        {
            return OutOfMemory(pod, container, status);
        }

        // The runtime could not even start it; then there is no log, and the message is the reason.
        if (ended is { Reason: "StartError" or "ContainerCannotRun", Message: { Length: > 0 } })
        {
            return CannotStart(pod, container, ended.Message);
        }

        var said = snapshot.LastWords.GetValueOrDefault((pod.Metadata.Name, container.Name)) is { } words ? $" Its last words: {words}" : ended?.Message is { Length: > 0 } message ? $" It says: {Sentence(message)}" : "";
        var code = ended is null ? "" : string.Create(CultureInfo.InvariantCulture, $" with exit code {ended.ExitCode}");
        var times = status.RestartCount == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({status.RestartCount} restarts)");
        return new Problem(
            ProblemKind.CrashLoop, PodNames.Workload(pod), $"The container {container.Name} ends again and again{code}{times}.{said}",
            $"{snapshot.Kubectl} logs {pod.Metadata.Name} -c {container.Name}{(status.State.Waiting is null ? "" : " --previous")}{Meaning(ended?.ExitCode)}");
    }

    private static Problem CannotStart(ApiPod pod, ApiContainer container, string? message) => new(
        ProblemKind.Refused, PodNames.Workload(pod), $"The container {container.Name} cannot be started: {Sentence(message)}", "Is the image's entry point there and executable, and is the image of the node's architecture?");

    private static string Meaning(int? exitCode) => exitCode switch
    {
        126 or 127 => ". The image's entry point is not executable or not there.",
        137 => ". It was killed: by a liveness probe that failed, or because it did not stop in time.",
        139 => ". It crashed in native code; an image of another processor does that too.",
        _ => "",
    };

    private static Problem OutOfMemory(ApiPod pod, ApiContainer container, ApiContainerStatus status)
    {
        var limit = container.Resources.Limits.GetValueOrDefault("memory", "unknown");
        return new Problem(
            ProblemKind.OutOfMemory, PodNames.Workload(pod), string.Create(CultureInfo.InvariantCulture, $"The container {container.Name} was killed for wanting more memory than its limit of {limit} ({status.RestartCount} restarts)."),
            "Raise resources.limits.memory of it in the values. With the index in the API's memory the need grows with the documents; stores.vectors takes it out of there.");
    }

    private static Problem NotReady(Snapshot snapshot, ApiPod pod, ApiContainer container)
    {
        var probe = snapshot.About("Pod", pod.Metadata.Name).FirstOrDefault(static one => one.Reason == "Unhealthy")?.Message;
        return new Problem(
            ProblemKind.NotReady, PodNames.Workload(pod), $"The container {container.Name} runs and is not ready{(probe is null ? "." : $": {Sentence(probe)}")}",
            $"{snapshot.Kubectl} logs {pod.Metadata.Name} -c {container.Name} names the dependency that it waits for.");
    }

    // While a pod waits for its volumes, its containers say no more than ContainerCreating.
    private static Problem? NotMounted(Snapshot snapshot, ApiPod pod)
    {
        if (Pending(snapshot, pod, "FailedMount", "FailedAttachVolume") is not { } failed
            // A busy node's kubelet has not read the Secret yet, and does a moment later.
            || (failed.Message.Contains("failed to sync", StringComparison.Ordinal) && snapshot.Now - failed.Seen < Warm))
        {
            return null;
        }

        return ConfigurationProblems.Missing(snapshot, pod, failed.Message) ?? new Problem(
            ProblemKind.Volume, PodNames.Workload(pod), $"{pod.Metadata.Name} waits for a volume: {Sentence(failed.Message)}",
            failed.Message.Contains("Multi-Attach", StringComparison.Ordinal)
                ? "The volume is still held by another node. It is let go when the pod there is gone; where that node is dead, delete its Node object."
                : $"'{snapshot.Kubectl} describe pod {pod.Metadata.Name}' shows all of it.");
    }

    private static Problem? WithoutNetwork(Snapshot snapshot, ApiPod pod) => Pending(snapshot, pod, "FailedCreatePodSandBox") is not { } failed ? null : new Problem(
        ProblemKind.PodNetwork, PodNames.Workload(pod), $"The node cannot give {pod.Metadata.Name} a network: {Sentence(failed.Message)}",
        failed.Message.Contains("IP", StringComparison.Ordinal) && failed.Message.Contains("assign", StringComparison.Ordinal)
            ? "The network has no address left: fewer pods on the node, or a larger range; whoever runs the cluster knows it."
            : "The cluster's network plugin says so: 'kubectl -n kube-system get pods' shows whether it runs on that node.");

    /// <summary>The last event of these reasons about a pod that has not got further since: with its volumes and its network it begins to fetch images.</summary>
    private static ApiEvent? Pending(Snapshot snapshot, ApiPod pod, params ReadOnlySpan<string> reasons)
    {
        if (pod.Status.Phase != "Pending")
        {
            return null;
        }

        foreach (var one in snapshot.About("Pod", pod.Metadata.Name))
        {
            if (one.Reason is "Pulling" or "Pulled" or "Created" or "Started")
            {
                return null;
            }

            if (reasons.Contains(one.Reason))
            {
                return one;
            }
        }

        return null;
    }

    internal static string Sentence(string? text) => Printable.Excerpt(text?.Trim() is { Length: > 0 } said ? said.EndsWith('.') ? said : said + "." : "it says nothing more.", 300);
}
