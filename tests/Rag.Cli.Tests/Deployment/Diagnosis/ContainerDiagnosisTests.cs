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

    [Theory]
    [InlineData("info: started\nUnhandled exception. System.Exception: no database\n   at Program.Main()\n   at Program.<Main>()\n", "Unhandled exception. System.Exception: no database")]
    [InlineData("2026-03-01 11:58:00 UTC [1] FATAL:  data directory has wrong ownership\n2026-03-01 11:58:00 UTC [1] HINT:  see the manual\n", "2026-03-01 11:58:00 UTC [1] FATAL: data directory has wrong ownership")]
    [InlineData("starting\nstopping\n", "stopping")]
    [InlineData("bad \u001b[31mred\u001b[0m error\n", "bad \uFFFD[31mred\uFFFD[0m error")]
    [InlineData("\n", null)]
    public void Last_words_are_the_line_that_says_why(string log, string? expected) => Assert.Equal(expected, LastWords.Of(log));
}
