using System.Runtime.Versioning;
using System.Text.Json;
using Rag.Cli.Tests.Deployment.Diagnosis;

namespace Rag.Cli.Tests.Deployment.Clusters;

[UnsupportedOSPlatform("windows")]
public sealed class StatusTests : IDisposable
{
    private readonly ScriptedKubectl _kubectl = new();

    public void Dispose() => _kubectl.Dispose();

    [Fact]
    public async Task A_healthy_deployment_is_one_page_without_a_problem()
    {
        _kubectl.Answer("objects", ScriptedKubectl.List(
            ScriptedKubectl.Deployment(available: 2),
            Snapshots.Claim("data-postgres-0", "Bound", "standard"),
            """{ "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": { "name": "ragplatform" }, "spec": { "tls": [ { "hosts": [ "rag.example.com" ] } ], "rules": [ { "host": "rag.example.com" } ] }, "status": { "loadBalancer": {} } }""",
            """{ "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": { "name": "rag-api" }, "spec": { "minReplicas": 2, "maxReplicas": 10, "metrics": [ { "type": "Resource", "resource": { "name": "cpu", "target": { "type": "Utilization", "averageUtilization": 70 } } } ] }, "status": { "currentReplicas": 2, "desiredReplicas": 2, "currentMetrics": [ { "type": "Resource", "resource": { "name": "cpu", "current": { "averageUtilization": 41, "averageValue": "205m" } } } ] } }""",
            """{ "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": { "name": "keda-hpa-rag-ingest" }, "spec": { "minReplicas": 1, "maxReplicas": 6, "metrics": [ { "type": "External", "external": { "metric": { "name": "s0-postgresql", "selector": {} }, "target": { "type": "AverageValue", "averageValue": "5" } } } ] }, "status": { "currentReplicas": 2, "currentMetrics": [ { "type": "External", "external": { "metric": { "name": "s0-postgresql" }, "current": { "averageValue": "4500m" } } } ] } }"""));

        var run = await _kubectl.RunAsync(["status"]);

        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Assert.Contains("ok  rag-api  2/2", run.Output, StringComparison.Ordinal);
        Assert.Contains("data-postgres-0  Bound  20Gi  standard", run.Output, StringComparison.Ordinal);
        Assert.Contains("https://rag.example.com", run.Output, StringComparison.Ordinal);
        Assert.Contains("cpu 41 % of 70 %", run.Output, StringComparison.Ordinal);
        Assert.Contains("s0-postgresql 4500m of 5", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("PROBLEM", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_comes_with_what_to_do_and_an_exit_code()
    {
        _kubectl.Answer("objects", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 0), Snapshots.Claim("data-postgres-0", "Pending", "fast"), Snapshots.Event("PersistentVolumeClaim", "data-postgres-0", "ProvisioningFailed", "storageclass.storage.k8s.io \"fast\" not found")));

        var run = await _kubectl.RunAsync(["status"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("PROBLEM  data-postgres-0: The claim data-postgres-0 asks for the storage class fast", run.Output, StringComparison.Ordinal);
        Assert.Contains("  do: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("storageclass.storage.k8s.io \"fast\" not found", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_runs_on_request_is_told_as_that_and_a_backup_that_was_stopped_as_a_backup()
    {
        static string CronJob(string name) => $$"""{ "apiVersion": "batch/v1", "kind": "CronJob", "metadata": { "name": "{{name}}" }, "spec": { "schedule": "0 0 1 1 *", "suspend": true }, "status": {} }""";
        const string Failed =
            """{ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "load-test-1", "ownerReferences": [ { "kind": "CronJob", "name": "load-test" } ] }, "status": { "conditions": [ { "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded" } ] } }""";
        _kubectl.Answer("objects", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 2), CronJob("load-test"), CronJob("postgres-backup"), Failed));

        var run = await _kubectl.RunAsync(["status"]);

        Assert.Matches(@"load-test +none yet +kubectl -n ragplatform create job load-test-1 --from=cronjob/load-test", run.Output);
        Assert.Matches(@"postgres-backup +0 0 1 1 \* +suspended", run.Output);
        Assert.DoesNotMatch(@"load-test +0 0 1 1", run.Output);
        // A limit that was missed is the answer to a question, and nothing that is wrong with the deployment.
        Assert.True(run.ExitCode == 0, run.Output);
    }

    [Fact]
    public async Task A_missing_type_is_part_of_the_report()
    {
        _kubectl.Answer("kustomize", ScriptedKubectl.Rendered + "\n---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: { name: rag-ingest, namespace: ragplatform }\n");

        var run = await _kubectl.RunAsync(["status"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("PROBLEM  ScaledObject: The cluster does not know the type ScaledObject", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_json_it_is_for_programs()
    {
        _kubectl.Answer("objects", ScriptedKubectl.List(ScriptedKubectl.Deployment(available: 2), Snapshots.Pod(Snapshots.Waiting("ErrImagePull", "not found"))));

        var run = await _kubectl.RunAsync(["status", "--json"]);

        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("rag-api", json.RootElement.GetProperty("workloads")[0].GetProperty("name").GetString());
        Assert.Equal("imageNotFound", json.RootElement.GetProperty("problems")[0].GetProperty("kind").GetString());
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public async Task Values_of_secrets_are_never_asked_for_and_an_empty_namespace_is_told()
    {
        _kubectl.Answer("objects", ScriptedKubectl.List());

        var run = await _kubectl.RunAsync(["status"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Nothing runs in ragplatform", run.Output, StringComparison.Ordinal);
        // The table that the server makes holds names; any other form of the answer would hold the values.
        Assert.Equal("-n ragplatform get secrets --no-headers --ignore-not-found", Assert.Single(_kubectl.Calls, static call => call.Contains("secrets", StringComparison.Ordinal)));
        Assert.DoesNotContain("dG9wc2VjcmV0", run.Output, StringComparison.Ordinal);
    }
}
