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
        _kubectl.Answer("kustomize", ScriptedKubectl.Rendered + "\n---\napiVersion: batch/v1\nkind: Job\nmetadata: { name: migrate, namespace: ragplatform }\nspec: { template: { spec: { containers: [ { name: migrate, image: \"registry.example.com/rag/rag-api:0.1.0\" } ] } } }\n");
        _kubectl.Answer("objects", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 0), Failed, Snapshots.Pod(Snapshots.Waiting("CrashLoopBackOff"), phase: "Running", restarts: 2)));
        _kubectl.Answer("logs", "Unhandled exception. no such host: postgres\n");

        var run = await _kubectl.RunAsync(["apply", "--no-generate", "--ignore-preflight"]);

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
    public async Task A_cluster_that_cannot_be_worked_with_is_told_in_words(string what, string error, string words)
    {
        _kubectl.Answer(what, "", exitCode: 1, error);

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.Equal(3, run.ExitCode);
        Assert.StartsWith($"rag: {words}", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The StatefulSet \"postgres\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden", "A StatefulSet's claims", "--cascade=orphan")]
    [InlineData("Error from server (Forbidden): persistentvolumeclaims \"postgres-backup\" is forbidden: exceeded quota: team, requested: requests.storage=200Gi, used: requests.storage=0, limited: requests.storage=100Gi", "The namespace's quota", "cluster.quota")]
    [InlineData("Error from server (Forbidden): deployments.apps \"rag-api\" is forbidden: unable to create new content in namespace ragplatform because it is being terminated", "The namespace is being deleted.", "Wait until it is gone")]
    [InlineData("Error from server (InternalError): Internal error occurred: failed calling webhook \"validate.nginx.ingress.kubernetes.io\": failed to call webhook: Post \"https://ingress-nginx-controller-admission.ingress-nginx.svc:443/networking/v1/ingresses?timeout=10s\": tls: failed to verify certificate: x509: certificate signed by unknown authority", "An admission webhook of the cluster does not answer", "Whoever runs the cluster")]
    [InlineData("Error from server (InternalError): Internal error occurred: failed calling webhook \"webhook.cert-manager.io\": failed to call webhook: Post \"https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s\": dial tcp 10.96.1.7:443: connect: connection refused", "An admission webhook of the cluster does not answer", "Whoever runs the cluster")]
    [InlineData("Error from server: admission webhook \"validate.kyverno.svc-fail\" denied the request: resource Deployment/ragplatform/rag-api was blocked", "An admission rule", "Change in the values")]
    [InlineData("The Job \"rag-api-migration-1a2b3c4d5e\" is invalid: spec.template: Invalid value: {}: field is immutable", "A field cannot be changed", "Delete the object")]
    public async Task What_the_cluster_does_not_take_is_told_from_rights_and_connections(string error, string words, string fix)
    {
        _kubectl.Answer("apply", "namespace/ragplatform serverside-applied\n", exitCode: 1, error: $"Warning: would violate PodSecurity \"restricted:latest\": connection refused\n{error}\nservice/rag-web unchanged\n");

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"rag: {words}", run.Error, StringComparison.Ordinal);
        Assert.Contains(fix, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_right_that_is_missing_is_told_at_once()
    {
        const string Forbidden = "Error from server (Forbidden): deployments.apps is forbidden: User \"dev\" cannot list resource \"deployments\" in API group \"apps\" in the namespace \"ragplatform\"\n";
        _kubectl.Answer("objects", "", exitCode: 1, Forbidden);
        _kubectl.Answer("deployments", "", exitCode: 1, Forbidden);

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.Equal(3, run.ExitCode);
        Assert.StartsWith("rag: The cluster does not allow this.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_look_that_fails_in_the_middle_is_made_again()
    {
        _kubectl.Answer("objects.1", "", exitCode: 1, error: "Unable to connect to the server: net/http: TLS handshake timeout\n");

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.Contains("TLS handshake timeout) It is asked again.", run.Output, StringComparison.Ordinal);
        Assert.Contains("All 1 workloads are ready", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_problem_is_told_when_it_is_first_seen_and_once()
    {
        var refused = Snapshots.Waiting("ErrImagePull", "unexpected status from HEAD request to https://registry.example.com/v2/rag/rag-api/manifests/0.1.0: 401 Unauthorized");
        _kubectl.Answer("objects.1", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 0), Snapshots.Pod(refused)));
        _kubectl.Answer("objects.2", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 1), Snapshots.Pod(refused)));

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.Equal(2, run.Output.Split("The registry registry.example.com refuses").Length);
        Assert.True(run.Output.IndexOf("no pull secret", StringComparison.Ordinal) < run.Output.IndexOf("1 of 2 pods are available", StringComparison.Ordinal), run.Output);
    }

    [Fact]
    public async Task What_waiting_cannot_heal_ends_it()
    {
        _kubectl.Answer("objects", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 0), Snapshots.Pod(Snapshots.Waiting("InvalidImageName", "couldn't parse image name"))));

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Not ready after", run.Output, StringComparison.Ordinal);
        Assert.Single(_kubectl.Calls, static call => call.Contains("get deployments,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failed_job_of_a_version_before_holds_nothing_up()
    {
        const string Old = """{ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "rag-api-migration-aaaaaaaaaa" }, "status": { "failed": 1, "conditions": [ { "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit" } ] } }""";
        _kubectl.Answer("objects.1", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 0), Old));
        _kubectl.Answer("objects", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 2), Old));

        var run = await _kubectl.RunAsync(["apply", "--no-generate"]);

        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.Contains("note  rag-api-migration-aaaaaaaaaa: The job gave up", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n", true)]
    [InlineData("y\n", true)]
    [InlineData("no\n", false)]
    [InlineData(null, true)]
    public async Task Where_somebody_can_be_asked_it_asks_whether_it_is_the_right_cluster(string? typed, bool goesOn)
    {
        var run = await _kubectl.RunAsync(["apply", "--no-generate", "--no-wait"], typed);

        Assert.Equal(goesOn ? 0 : 1, run.ExitCode);
        Assert.Equal(typed is not null, run.Output.Contains("Apply dev to kind-dev (https://127.0.0.1:6443), namespace ragplatform? [Y/n]", StringComparison.Ordinal));
        Assert.Equal(goesOn, _kubectl.Calls.Any(static call => call.StartsWith("apply ", StringComparison.Ordinal)));
        Assert.DoesNotContain("[Y/n]", (await _kubectl.RunAsync(["apply", "--no-generate", "--no-wait", "--yes"], "no\n")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("[Y/n]", (await _kubectl.RunAsync(["apply", "--no-generate", "--no-wait", "--context", "kind-dev"], "no\n")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("apply", "--no-generate")]
    [InlineData("destroy", "--yes")]
    public async Task An_environment_that_the_values_bind_to_a_context_goes_nowhere_else(string verb, string option)
    {
        _kubectl.Answer("kustomize", ScriptedKubectl.Rendered.Replace("{ name: ragplatform, labels", "{ name: ragplatform, annotations: { ragplatform.dev/context: production }, labels", StringComparison.Ordinal));

        var run = await _kubectl.RunAsync([verb, option]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("bind this environment to the context production (cluster.context), and this is kind-dev", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_kubectl.Calls, static call => call.StartsWith("apply ", StringComparison.Ordinal) || call.Contains("delete", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_a_pod_its_account_is_enough()
    {
        _kubectl.Answer("config", "", exitCode: 1, error: "error: current-context must exist in order to minify\n");

        var run = await _kubectl.RunAsync(["apply", "--no-generate", "--no-wait"], null, ("KUBERNETES_SERVICE_HOST", "10.96.0.1"));

        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.StartsWith("Context in-cluster (the API server of this pod's cluster, Kubernetes 1.32.4-eks-1a2b3c)", run.Output, StringComparison.Ordinal);
        Assert.Equal(3, (await _kubectl.RunAsync(["apply", "--no-generate", "--context", "gone"], null, ("KUBERNETES_SERVICE_HOST", "10.96.0.1"))).ExitCode);
    }

    [Theory]
    [InlineData("version", """{ "clientVersion": { "major": "1", "minor": "33", "gitVersion": "v1.33.2" }, "serverVersion": { "major": "", "minor": "", "gitVersion": "v1.32.3" } }""", 0)]
    [InlineData("version", """{ "clientVersion": { "major": "1", "minor": "33", "gitVersion": "v1.33.2" }, "serverVersion": { "gitVersion": "v0.0.0-master+$Format:%H$" } }""", 0)]
    [InlineData("version", """{ "clientVersion": { "minor": "33" } }""", 3)]
    [InlineData("version", "Kubernetes!", 3)]
    [InlineData("config", "[]", 3)]
    [InlineData("storageclasses", """{ "items": [ { "metadata": {} } ] }""", 3)]
    [InlineData("objects", "{ \"items\": [ {", 3)]
    public async Task What_kubectl_says_otherwise_than_elsewhere_is_told_and_thrown_nowhere(string what, string answer, int expected)
    {
        _kubectl.Answer(what, answer);

        var run = await _kubectl.RunAsync([what == "objects" ? "status" : "apply", .. what == "objects" ? (string[])[] : ["--no-generate", "--no-wait"]]);

        Assert.True(run.ExitCode == expected, run.Error + run.Output);
        Assert.Equal(expected == 0, run.Error.Length == 0);
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
