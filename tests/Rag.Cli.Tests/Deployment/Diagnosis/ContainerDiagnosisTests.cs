using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Tests.Deployment.Diagnosis;

public sealed class ContainerDiagnosisTests
{
    private const string PodName = "rag-api-7d4b9c6f5d-x2x4z";

    private static string Ended(int code, string reason) =>
        $$"""{ "terminated": { "exitCode": {{code}}, "reason": "{{reason}}", "startedAt": "2026-03-01T11:57:00Z", "finishedAt": "2026-03-01T11:58:00Z", "containerID": "containerd://5f0c" } }""";

    [Fact]
    public void A_crash_loop_is_told_with_its_exit_code_and_last_words()
    {
        var snapshot = Snapshots.Of(Snapshots.Pod(Snapshots.Waiting("CrashLoopBackOff", "back-off 40s restarting failed container=rag-api"), Ended(134, "Error"), restarts: 5, phase: "Running"));

        Assert.Equal([(PodName, "rag-api", true)], ContainerProblems.Crashed(snapshot));
        var problem = Snapshots.Only(snapshot with { LastWords = new Dictionary<(string, string), string> { [(PodName, "rag-api")] = "Unhandled exception. Npgsql.NpgsqlException: Failed to connect to postgres:5432" } });

        Assert.Equal(ProblemKind.CrashLoop, problem.Kind);
        Assert.Equal("The container rag-api ends again and again with exit code 134 (5 restarts). Its last words: Unhandled exception. Npgsql.NpgsqlException: Failed to connect to postgres:5432", problem.What);
        Assert.Equal($"kubectl -n ragplatform logs {PodName} -c rag-api --previous", problem.Fix);
    }

    [Fact]
    public void A_container_that_was_killed_for_its_memory_is_told_with_its_limit()
    {
        var snapshot = Snapshots.Of(Snapshots.Pod(
            Snapshots.Waiting("CrashLoopBackOff"), Ended(137, "OOMKilled"), restarts: 3, phase: "Running", container: """ "resources": { "requests": { "memory": "512Mi" }, "limits": { "memory": "2Gi" } }, """));

        var problem = Snapshots.Only(snapshot);

        Assert.Equal(ProblemKind.OutOfMemory, problem.Kind);
        Assert.Contains("its limit of 2Gi", problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secret \\\"ragplatform-secrets\\\" not found", "The Secret ragplatform-secrets is not there.")]
    [InlineData("couldn't find key cache-password in Secret ragplatform/ragplatform-secrets", "The Secret ragplatform-secrets has no key 'cache-password'.")]
    [InlineData("configmap \\\"rag-api-config\\\" not found", "The ConfigMap rag-api-config is not there.")]
    public void What_a_container_is_configured_with_is_named_where_it_is_missing(string message, string what)
    {
        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Pod($$"""{ "waiting": { "reason": "CreateContainerConfigError", "message": "{{message}}" } }""")));

        Assert.Equal((ProblemKind.MissingConfiguration, what), (problem.Kind, problem.What));
    }

    [Theory]
    [InlineData("MountVolume.SetUp failed for volume \"secrets\" : secret \"ragplatform-secrets\" not found", "The Secret ragplatform-secrets is not there.", ProblemKind.MissingConfiguration)]
    [InlineData("MountVolume.SetUp failed for volume \"secrets\" : references non-existent secret key: cache-password", "The Secret has no key 'cache-password'.", ProblemKind.MissingConfiguration)]
    [InlineData("Multi-Attach error for volume \"pvc-1\" Volume is already exclusively attached to one node and can't be attached to another", "waits for a volume", ProblemKind.Volume)]
    public void A_volume_that_cannot_be_mounted_is_told_from_the_event(string message, string words, object kind)
    {
        var snapshot = Snapshots.Of(Snapshots.Pod(Snapshots.Waiting("ContainerCreating")), Snapshots.Event("Pod", PodName, message.StartsWith("Multi", StringComparison.Ordinal) ? "FailedAttachVolume" : "FailedMount", message));

        var problem = Snapshots.Only(snapshot);

        Assert.Equal((ProblemKind)kind, problem.Kind);
        Assert.Contains(words, problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_wants_root_is_told()
    {
        var snapshot = Snapshots.Of(Snapshots.Pod(Snapshots.Waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root (pod: \"rag-api\", container: rag-api)")));

        Assert.Equal(ProblemKind.Refused, Snapshots.Only(snapshot).Kind);
    }

    [Fact]
    public void A_container_that_stays_unready_is_told_with_what_its_probe_says()
    {
        const string Running = """{ "running": { "startedAt": "2026-03-01T11:51:00Z" } }""";
        var snapshot = Snapshots.Of(Snapshots.Pod(Running, phase: "Running"), Snapshots.Event("Pod", PodName, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"));

        var problem = Snapshots.Only(snapshot);

        Assert.Equal(ProblemKind.NotReady, problem.Kind);
        Assert.Contains("statuscode: 503", problem.What, StringComparison.Ordinal);
        // One that has just started, and one that is ready, are no problem.
        Assert.Empty(ClusterDiagnosis.Of(snapshot with { Now = new DateTimeOffset(2026, 3, 1, 11, 51, 30, TimeSpan.Zero) }));
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(Snapshots.Pod(Running, phase: "Running", ready: true))));
    }

    [Fact]
    public void An_evicted_pod_is_told_with_the_resource()
    {
        var evicted = Snapshots.Pod("{}", phase: "Failed").Replace(
            "\"phase\": \"Failed\"", "\"phase\": \"Failed\", \"reason\": \"Evicted\", \"message\": \"Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. \"", StringComparison.Ordinal);

        var problem = Snapshots.Only(Snapshots.Of(evicted));

        Assert.Equal(ProblemKind.Evicted, problem.Kind);
        Assert.Contains("ephemeral local storage", problem.What, StringComparison.Ordinal);
    }

    private static string Over(string reason, string message, string at) => Snapshots.Pod("""{ "terminated": { "exitCode": 137, "reason": "ContainerStatusUnknown", "message": "The container could not be located when the pod was terminated" } }""", phase: "Failed")
        .Replace("\"phase\": \"Failed\"", $"\"phase\": \"Failed\", \"reason\": \"{reason}\", \"message\": \"{message}\"", StringComparison.Ordinal)
        .Replace("\"lastTransitionTime\": \"2026-03-01T11:50:00Z\"", $"\"lastTransitionTime\": \"{at}\"", StringComparison.Ordinal);

    [Theory]
    [InlineData("Evicted", "The node was low on resource: memory. Threshold quantity: 100Mi, available: 40Mi.", ProblemKind.Evicted, "threw")]
    [InlineData("Terminated", "Pod was terminated in response to imminent node shutdown.", ProblemKind.Evicted, "stopped with its node")]
    [InlineData("UnexpectedAdmissionError", "Pod was rejected: Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected", ProblemKind.NoAccelerator, "no free accelerator")]
    [InlineData("NodeAffinity", "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector", ProblemKind.Unschedulable, "did not take")]
    [InlineData("OutOfcpu", "Pod was rejected: Node didn't have enough resource: cpu, requested: 500, used: 3900, capacity: 4000", ProblemKind.Unschedulable, "OutOfcpu")]
    public void A_pod_that_its_node_ended_is_a_note_for_an_hour_where_another_took_its_place(string reason, string message, object kind, string words)
    {
        const string Today = "2026-03-01T11:40:00Z";
        var replaced = Snapshots.Only(Snapshots.Of(Snapshots.Workload(ready: 2), Over(reason, message, Today)));
        var missing = Snapshots.Only(Snapshots.Of(Snapshots.Workload(ready: 1), Over(reason, message, Today)));

        Assert.Equal(((ProblemKind)kind, true), (replaced.Kind, replaced.IsWarning));
        Assert.Contains(words, replaced.What, StringComparison.Ordinal);
        Assert.Equal(reason == "Terminated", missing.IsWarning);
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(Snapshots.Workload(ready: 2), Over(reason, message, "2026-02-20T09:00:00Z"))));
        Assert.Empty(ContainerProblems.Crashed(Snapshots.Of(Over(reason, message, Today))));
    }

    [Fact]
    public void A_pod_that_is_told_to_end_is_no_crash()
    {
        var pod = Snapshots.Pod(Ended(143, "Error"), phase: "Running").Replace("\"creationTimestamp\"", "\"deletionTimestamp\": \"2026-03-01T11:59:50Z\", \"creationTimestamp\"", StringComparison.Ordinal);

        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(pod)));
        Assert.Empty(ContainerProblems.Crashed(Snapshots.Of(pod)));
    }

    [Fact]
    public void A_container_that_could_not_even_be_started_says_why_without_a_log()
    {
        const string Last = """{ "terminated": { "exitCode": 128, "reason": "StartError", "message": "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"/app/rag-api\": stat /app/rag-api: no such file or directory", "startedAt": "1970-01-01T00:00:00Z", "finishedAt": "2026-03-01T11:58:00Z" } }""";

        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Pod(Snapshots.Waiting("CrashLoopBackOff", "back-off 40s restarting failed container=rag-api"), Last, restarts: 4, phase: "Running")));

        Assert.Equal(ProblemKind.Refused, problem.Kind);
        Assert.Contains("stat /app/rag-api: no such file or directory", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mount_that_succeeded_after_all_is_over()
    {
        const string Late = "MountVolume.SetUp failed for volume \"secrets\" : failed to sync secret cache: timed out waiting for the condition";
        var pod = Snapshots.Pod(Snapshots.Waiting("ContainerCreating"));

        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(pod, Snapshots.Event("Pod", PodName, "FailedMount", Late, seen: "2026-03-01T11:52:00Z"), Snapshots.Event("Pod", PodName, "Pulling", "Pulling image", seen: "2026-03-01T11:52:03Z", type: "Normal"))));
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(pod, Snapshots.Event("Pod", PodName, "FailedMount", Late, seen: "2026-03-01T11:59:40Z"))));
        Assert.Equal(ProblemKind.Volume, Snapshots.Only(Snapshots.Of(pod, Snapshots.Event("Pod", PodName, "FailedMount", Late, seen: "2026-03-01T11:52:00Z"))).Kind);
    }

    [Fact]
    public void A_pod_without_a_network_is_told()
    {
        var problem = Snapshots.Only(Snapshots.Of(
            Snapshots.Pod(Snapshots.Waiting("ContainerCreating")),
            Snapshots.Event("Pod", PodName, "FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"1f\": plugin type=\"aws-cni\" name=\"aws-cni\" failed (add): add cmd: failed to assign an IP address to container")));

        Assert.Equal(ProblemKind.PodNetwork, problem.Kind);
        Assert.Contains("no address left", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_things_that_are_missing_are_two_problems()
    {
        var pod = Snapshots.Pod(Snapshots.Waiting("CreateContainerConfigError", "secret \"first\" not found"));
        var other = Snapshots.Pod(Snapshots.Waiting("CreateContainerConfigError", "configmap \"second\" not found"));

        Assert.Equal(["The Secret first is not there. (2 times)", "The ConfigMap second is not there."], ClusterDiagnosis.Of(Snapshots.Of(pod, pod, other)).Select(static problem => problem.What));
    }

    [Theory]
    [InlineData("info: started\nUnhandled exception. System.Exception: no database\n   at Program.Main()\n   at Program.<Main>()\n", "Unhandled exception. System.Exception: no database")]
    [InlineData("2026-03-01 11:58:00 UTC [1] FATAL:  data directory has wrong ownership\n2026-03-01 11:58:00 UTC [1] HINT:  see the manual\n", "2026-03-01 11:58:00 UTC [1] FATAL: data directory has wrong ownership")]
    [InlineData("starting\nstopping\n", "stopping")]
    [InlineData("bad \u001b[31mred\u001b[0m error\n", "bad \uFFFD[31mred\uFFFD[0m error")]
    [InlineData("\n", null)]
    public void Last_words_are_the_line_that_says_why(string log, string? expected) => Assert.Equal(expected, LastWords.Of(log));
}
