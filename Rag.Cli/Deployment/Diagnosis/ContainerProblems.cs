using System.Globalization;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Questions;

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
        from pair in PodNames.Containers(pod)
        where pair.Status.State.Waiting?.Reason == "CrashLoopBackOff" || pair.Status.State.Terminated is { ExitCode: not 0 }
        select (pod.Metadata.Name, pair.Container.Name, pair.Status.State.Waiting is not null);

    public static IEnumerable<Problem> Of(Snapshot snapshot, ApiPod pod)
    {
        if (pod.Status is { Phase: "Failed", Reason: "Evicted" })
        {
            return [new Problem(ProblemKind.Evicted, PodNames.Workload(pod), $"A node threw {pod.Metadata.Name} out: {Sentence(pod.Status.Message)}", "Raise the limit or request that the message names (services.<name>.resources), or give the node more room.")];
        }

        return PodNames.Containers(pod).Select(pair => Of(snapshot, pod, pair.Container, pair.Status)).Append(NotMounted(snapshot, pod)).OfType<Problem>();
    }

    private static Problem? Of(Snapshot snapshot, ApiPod pod, ApiContainer container, ApiContainerStatus status) => status.State switch
    {
        { Waiting: { } waiting } when ImageProblems.Covers(waiting.Reason) => ImageProblems.Of(snapshot, pod, container, waiting),
        { Waiting: { Reason: "CreateContainerConfigError" } waiting } => ConfigurationProblems.Of(snapshot, pod, waiting.Message ?? ""),
        { Waiting: { Reason: "CrashLoopBackOff" } } => Crash(snapshot, pod, container, status, status.LastState.Terminated),
        { Waiting: { Reason: "CreateContainerError" or "RunContainerError" } waiting } => new Problem(
            ProblemKind.Refused, PodNames.Workload(pod), $"The container {container.Name} cannot be started: {Sentence(waiting.Message)}", "Is the image's entry point there and executable, and is the image of the node's architecture?"),
        { Terminated: { ExitCode: not 0 } ended } when pod.Metadata.OwnerReferences.All(static owner => owner.Kind != "Job") => Crash(snapshot, pod, container, status, ended),
        { Running: not null } when KilledForMemory(snapshot, status) => OutOfMemory(pod, container, status) with { IsWarning = status.Ready },
        { Running: { } running } when !status.Ready && snapshot.Now - running.StartedAt > Warm && pod.Metadata.DeletionTimestamp is null => NotReady(snapshot, pod, container),
        _ => null,
    };

    private static bool KilledForMemory(Snapshot snapshot, ApiContainerStatus status) => status.LastState.Terminated is { Reason: "OOMKilled", FinishedAt: { } at } && snapshot.Now - at < Recent;

    private static Problem Crash(Snapshot snapshot, ApiPod pod, ApiContainer container, ApiContainerStatus status, ApiTerminated? ended)
    {
        if (ended?.Reason == "OOMKilled")
        {
            return OutOfMemory(pod, container, status);
        }

        var said = snapshot.LastWords.GetValueOrDefault((pod.Metadata.Name, container.Name)) is { } words ? $" Its last words: {words}" : "";
        var code = ended is null ? "" : string.Create(CultureInfo.InvariantCulture, $" with exit code {ended.ExitCode}");
        var times = status.RestartCount == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({status.RestartCount} restarts)");
        return new Problem(
            ProblemKind.CrashLoop, PodNames.Workload(pod), $"The container {container.Name} ends again and again{code}{times}.{said}",
            $"{snapshot.Kubectl} logs {pod.Metadata.Name} -c {container.Name}{(status.State.Waiting is null ? "" : " --previous")}{Meaning(ended?.ExitCode)}");
    }

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
        if (pod.Status.Phase != "Pending" || snapshot.About("Pod", pod.Metadata.Name).FirstOrDefault(static one => one.Reason is "FailedMount" or "FailedAttachVolume") is not { } failed)
        {
            return null;
        }

        return ConfigurationProblems.Missing(snapshot, pod, failed.Message) ?? new Problem(
            ProblemKind.Volume, PodNames.Workload(pod), $"{pod.Metadata.Name} waits for a volume: {Sentence(failed.Message)}",
            failed.Message.Contains("Multi-Attach", StringComparison.Ordinal)
                ? "The volume is still held by another node. It is let go when the pod there is gone; where that node is dead, delete its Node object."
                : $"'{snapshot.Kubectl} describe pod {pod.Metadata.Name}' shows all of it.");
    }

    internal static string Sentence(string? text) => Printable.Excerpt(text?.Trim() is { Length: > 0 } said ? said.EndsWith('.') ? said : said + "." : "it says nothing more.", 300);
}
