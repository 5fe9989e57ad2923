using System.Runtime.Versioning;
using Rag.Cli.Tests.Deployment.Diagnosis;

namespace Rag.Cli.Tests.Deployment.Clusters;

[UnsupportedOSPlatform("windows")]
public sealed class ApplyTests : IDisposable
{
    private readonly ScriptedKubectl _kubectl = new();

    public void Dispose() => _kubectl.Dispose();

    [Fact]
    public async Task It_says_where_before_it_changes_anything_applies_and_waits()
    {
        _kubectl.Answer("apply", "namespace/ragplatform serverside-applied\ndeployment.apps/rag-api serverside-applied\n");
        _kubectl.Answer("objects.1", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 1)));

        var run = await _kubectl.RunAsync(["apply", "--no-generate", "--context", "kind-dev"]);

        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.StartsWith("Context kind-dev (https://127.0.0.1:6443, Kubernetes 1.32.4-eks-1a2b3c), namespace ragplatform, environment dev.", run.Output, StringComparison.Ordinal);
        Assert.Contains("rag-api: 1 of 2 pods are available", run.Output, StringComparison.Ordinal);
        Assert.Contains("All 1 workloads are ready", run.Output, StringComparison.Ordinal);
        var apply = Assert.Single(_kubectl.Calls, static call => call.Contains(" apply ", StringComparison.Ordinal));
        Assert.Equal($"--context kind-dev apply -k {Path.Combine(_kubectl.Tree, "overlays", "dev")} --server-side --field-manager=rag", apply);
        Assert.All(_kubectl.Calls, static call => Assert.StartsWith("--context kind-dev ", call, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_cluster_lacks_is_said_and_nothing_is_applied()
    {
        _kubectl.Answer("storageclasses", ScriptedKubectl.List());

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("PROBLEM  postgres-backup: The claim postgres-backup asks for the default storage class", run.Output, StringComparison.Ordinal);
        Assert.Contains("Nothing was applied.", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_kubectl.Calls, static call => call.Contains("apply", StringComparison.Ordinal));
        Assert.Equal(0, (await _kubectl.RunAsync(["apply", "--no-generate", "--ignore-preflight", "--no-wait"])).ExitCode);
    }

    [Fact]
    public async Task A_job_that_gave_up_ends_the_wait_at_once_with_the_reason()
    {
        const string Failed = """{ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "migrate" }, "status": { "failed": 1, "conditions": [ { "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit" } ] } }""";
        _kubectl.Answer("objects", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 0), Failed, Snapshots.Pod(Snapshots.Waiting("CrashLoopBackOff"), phase: "Running", restarts: 2)));
        _kubectl.Answer("logs", "Unhandled exception. no such host: postgres\n");

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("rag-api: 0 of 2 pods are available", run.Output, StringComparison.Ordinal);
        Assert.Contains("Its last words: Unhandled exception. no such host: postgres", run.Output, StringComparison.Ordinal);
        Assert.Contains(_kubectl.Calls, static call => call == "-n ragplatform logs rag-api-7d4b9c6f5d-x2x4z -c rag-api --tail=50 --previous");
    }

    [Fact]
    public async Task Fields_that_somebody_else_changed_are_told_with_the_way_out()
    {
        _kubectl.Answer("apply", "namespace/ragplatform serverside-applied\n", exitCode: 1, error: "error: Apply failed with 1 conflict: conflict with \"kubectl-edit\" using apps/v1: .spec.replicas\n");

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(".spec.replicas", run.Output, StringComparison.Ordinal);
        Assert.Contains("1 of 4 objects were applied", run.Error, StringComparison.Ordinal);
        Assert.Contains("--force-conflicts", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config", "error: current-context must exist in order to minify", "kubectl knows no cluster.")]
    [InlineData("version", "Unable to connect to the server: dial tcp 127.0.0.1:6443: connect: connection refused", "The cluster does not answer.")]
    [InlineData("version", "error: You must be logged in to the server (Unauthorized)", "The cluster did not accept the credentials.")]
    [InlineData("objects", "Error from server (Forbidden): pods is forbidden: User \"dev\" cannot list resource \"pods\"", "The cluster does not allow this.")]
    public async Task A_cluster_that_cannot_be_worked_with_is_told_in_words(string what, string error, string words)
    {
        _kubectl.Answer(what, "", exitCode: 1, error);

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.Equal(3, run.ExitCode);
        Assert.StartsWith($"rag: {words}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kubectl_that_is_too_old_is_refused()
    {
        _kubectl.Answer("client", """{ "clientVersion": { "major": "1", "minor": "24", "gitVersion": "v1.24.1" } }""");

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("kubectl v1.24.1 is too old", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_kubectl_or_with_an_unknown_environment_nothing_begins()
    {
        var absent = await CliRun.InvokeAsync(["apply", "--no-generate", "-o", _kubectl.Tree], new Dictionary<string, string> { ["RAG_KUBECTL"] = "/nowhere/kubectl" });
        var unknown = await _kubectl.RunAsync(["apply", "--no-generate", "-e", "staging"]);
        var wrong = await _kubectl.RunAsync(["apply", "--no-generate", "-e", "../.."]);

        Assert.Equal((3, 2, 2), (absent.ExitCode, unknown.ExitCode, wrong.ExitCode));
        Assert.Contains("There are: dev.", unknown.Error, StringComparison.Ordinal);
        Assert.Empty(_kubectl.Calls);
    }
}
