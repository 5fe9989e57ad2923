using Rag.Cli.Deployment.Diagnosis;
using Rag.Cli.Deployment.Status;

namespace Rag.Cli.Tests.Deployment.Diagnosis;

public sealed class ControllerDiagnosisTests
{
    [Theory]
    [InlineData("pods \"rag-api-7d4b9c6f5d-\" is forbidden: exceeded quota: ragplatform, requested: requests.cpu=500m, used: requests.cpu=64, limited: requests.cpu=64", "cluster.quota")]
    [InlineData("pods \"rag-api-7d4b9c6f5d-\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true", "changed by hand")]
    [InlineData("pods \"rag-api-7d4b9c6f5d-\" is forbidden: error looking up service account ragplatform/rag-api: serviceaccount \"rag-api\" not found", "Apply again")]
    [InlineData("pods \"rag-api-7d4b9c6f5d-\" is forbidden: unable to validate against any security context constraint: [provider \"anyuid\": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .spec.securityContext.fsGroup: Invalid value: []int64{10001}: 10001 is not an allowed group]", "nonroot-v2 system:serviceaccounts:ragplatform")]
    [InlineData("pods \"rag-api-7d4b9c6f5d-\" is forbidden: no PriorityClass with name important was found", "cluster.priorityClass")]
    public void Pods_that_the_cluster_refuses_are_told_by_their_workload(string message, string fix)
    {
        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Workload(ready: 0), Snapshots.Event("ReplicaSet", "rag-api-7d4b9c6f5d", "FailedCreate", $"Error creating: {message}")));

        Assert.Equal((ProblemKind.Refused, "rag-api"), (problem.Kind, problem.Subject));
        Assert.Contains(fix, problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_of_long_ago_is_over()
    {
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(Snapshots.Workload(ready: 0), Snapshots.Event("ReplicaSet", "rag-api-7d4b9c6f5d", "FailedCreate", "Error creating: exceeded quota", seen: "2026-03-01T11:00:00Z"))));
    }

    [Fact]
    public void A_refusal_is_over_when_its_owner_has_its_pods_or_is_gone()
    {
        var refused = Snapshots.Event("Job", "migrate-1a2b", "FailedCreate", "Error creating: pods \"migrate-1a2b-x2x4z\" is forbidden: status unknown for quota: ragplatform, resources: pods,requests.cpu,requests.memory", seen: "2026-03-01T11:49:00Z");
        static string Job(string status) => $$"""{ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "migrate-1a2b" }, "status": {{status}} }""";

        Assert.Equal(ProblemKind.Refused, Snapshots.Only(Snapshots.Of(refused, Job("{}"))).Kind);
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(refused, Job("""{ "succeeded": 1 }"""))));
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(refused, Job("""{ "active": 1 }"""))));
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(refused)));
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(Snapshots.Workload(ready: 2), Snapshots.Event("ReplicaSet", "rag-api-7d4b9c6f5d", "FailedCreate", "Error creating: exceeded quota"))));
    }

    [Fact]
    public void A_job_of_a_version_before_that_gave_up_is_a_note()
    {
        const string Job = """{ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "rag-api-migration-aaaaaaaaaa" }, "status": { "conditions": [ { "type": "FailureTarget", "status": "True", "reason": "BackoffLimitExceeded" }, { "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit" } ] } }""";

        Assert.True(Snapshots.Only(Snapshots.Of(Job) with { OwnJobs = new HashSet<string> { "rag-api-migration-bbbbbbbbbb" } }).IsWarning);
        Assert.False(Snapshots.Only(Snapshots.Of(Job) with { OwnJobs = new HashSet<string> { "rag-api-migration-aaaaaaaaaa" } }).IsWarning);
        Assert.False(Snapshots.Only(Snapshots.Of(Job)).IsWarning);
    }

    [Fact]
    public void A_job_whose_pods_were_killed_for_their_memory_is_told_with_the_limit()
    {
        const string Job = """{ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "rag-api-7d4b9c6f5d" }, "status": { "conditions": [ { "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit" } ] } }""";
        var pod = Snapshots.Pod("""{ "terminated": { "exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-03-01T11:44:00Z" } }""", phase: "Failed", owner: "Job", container: """ "resources": { "limits": { "memory": "256Mi" } }, """);

        Assert.Contains("was killed for wanting more memory than its limit of 256Mi", Snapshots.Only(Snapshots.Of(Job, pod)).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_that_gave_up_is_told_with_its_last_words()
    {
        const string Job =
            """
            {
              "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "rag-migrate-1a2b", "namespace": "ragplatform", "creationTimestamp": "2026-03-01T11:40:00Z" }, "spec": { "backoffLimit": 2 },
              "status": { "failed": 3, "startTime": "2026-03-01T11:40:00Z", "conditions": [ { "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit", "lastTransitionTime": "2026-03-01T11:45:00Z" } ] }
            }
            """;
        var pod = Snapshots.Pod("""{ "terminated": { "exitCode": 1, "reason": "Error", "finishedAt": "2026-03-01T11:44:00Z" } }""", phase: "Failed", owner: "Job")
            .Replace("\"name\": \"rag-api-7d4b9c6f5d\"", "\"name\": \"rag-migrate-1a2b\"", StringComparison.Ordinal);
        var snapshot = Snapshots.Of(Job, pod);

        Assert.Equal([("rag-api-7d4b9c6f5d-x2x4z", "rag-api", false)], ContainerProblems.Crashed(snapshot));
        var problem = Snapshots.Only(snapshot with { LastWords = new Dictionary<(string, string), string> { [("rag-api-7d4b9c6f5d-x2x4z", "rag-api")] = "password authentication failed" } });

        Assert.Equal((ProblemKind.JobFailed, "rag-migrate-1a2b"), (problem.Kind, problem.Subject));
        Assert.Contains("(BackoffLimitExceeded): Job has reached the specified backoff limit. Its last words: password authentication failed", problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-03-01T02:20:00Z", true, false)]
    [InlineData("2026-02-28T02:20:00Z", true, true)]
    [InlineData("2026-02-28T02:20:00Z", false, true)]
    public void A_backup_that_did_not_succeed_is_told_with_the_age_of_the_last_that_did(string lastSuccess, bool jobIsThere, bool isProblem)
    {
        var cron =
            $$"""
            {
              "apiVersion": "batch/v1", "kind": "CronJob", "metadata": { "name": "postgres-backup", "namespace": "ragplatform", "labels": { "app.kubernetes.io/name": "postgres-backup" } },
              "spec": { "schedule": "15 2 * * *", "suspend": false }, "status": { "lastScheduleTime": "2026-03-01T02:15:00Z", "lastSuccessfulTime": "{{lastSuccess}}" }
            }
            """;
        const string Job =
            """
            {
              "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "postgres-backup-29541", "creationTimestamp": "2026-03-01T02:15:00Z", "ownerReferences": [ { "apiVersion": "batch/v1", "kind": "CronJob", "name": "postgres-backup", "uid": "1" } ] },
              "status": { "conditions": [ { "type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "Job was active longer than specified deadline" } ] }
            }
            """;

        var problems = ClusterDiagnosis.Of(jobIsThere && isProblem ? Snapshots.Of(cron, Job) : Snapshots.Of(cron));

        Assert.Equal(isProblem, problems.Count == 1);
        Assert.All(problems, static problem => Assert.Equal("The run of 9 h ago did not succeed; the last that did was 33 h ago.", problem.What));
    }

    [Fact]
    public void What_restores_is_no_backup()
    {
        static string Cron(string name) => $$"""{ "apiVersion": "batch/v1", "kind": "CronJob", "metadata": { "name": "{{name}}" }, "spec": { "schedule": "0 0 1 1 *", "suspend": true } }""";

        var report = StatusReport.Of(Snapshots.Of(Cron("postgres-backup"), Cron("postgres-restore")), missing: []);

        Assert.Equal("postgres-backup", Assert.Single(report.Backups).Name);
    }

    [Fact]
    public void An_autoscaler_without_measurements_is_worth_a_note()
    {
        const string Scaler =
            """
            {
              "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": { "name": "rag-api" }, "spec": { "minReplicas": 3, "maxReplicas": 10 },
              "status": { "currentReplicas": 3, "desiredReplicas": 0, "currentMetrics": null, "conditions": [
                { "type": "AbleToScale", "status": "True", "reason": "SucceededGetScale", "message": "the HPA controller was able to get the target's current scale" },
                { "type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)" } ] }
            }
            """;

        var problem = Snapshots.Only(Snapshots.Of(Scaler));

        Assert.True(problem.IsWarning);
        Assert.Equal(ProblemKind.NoMetrics, problem.Kind);
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(Scaler.Replace("(get pods.metrics.k8s.io)", "", StringComparison.Ordinal))));
    }

    [Fact]
    public void An_autoscaler_that_gets_nothing_of_KEDA_leads_to_the_database()
    {
        var problem = Snapshots.Only(Snapshots.Of(
            """
            {
              "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": { "name": "keda-hpa-rag-ingest" }, "spec": { "minReplicas": 1, "maxReplicas": 6 },
              "status": { "currentReplicas": 1, "conditions": [
                { "type": "ScalingActive", "status": "False", "reason": "FailedGetExternalMetric", "message": "the HPA was unable to compute the replica count: unable to get external metric ragplatform/s0-postgresql/&LabelSelector{MatchLabels:map[string]string{scaledobject.keda.sh/name: rag-ingest,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from external metrics API: rpc error: code = Unknown desc = error when getting metric values" } ] }
            }
            """));

        Assert.Equal((ProblemKind.NoMetrics, true), (problem.Kind, problem.IsWarning));
        Assert.Contains("s0-postgresql", problem.What, StringComparison.Ordinal);
        Assert.Contains("network.kedaNamespace", problem.Fix, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{ "ingress": [ { "ip": "203.0.113.7" } ] }""", false)]
    public void An_Ingress_that_no_controller_takes_is_told(string loadBalancer, bool isProblem)
    {
        var ingress =
            $$"""
            {
              "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": { "name": "ragplatform", "creationTimestamp": "2026-03-01T11:50:00Z" },
              "spec": { "ingressClassName": "nginx", "rules": [ { "host": "rag.example.com", "http": { "paths": [] } } ] }, "status": { "loadBalancer": {{loadBalancer}} }
            }
            """;

        Assert.Equal(isProblem, ClusterDiagnosis.Of(Snapshots.Of(ingress)).Any(static problem => problem.Kind == ProblemKind.RouteUnserved));
    }

    [Fact]
    public void A_route_that_its_gateway_refuses_is_told_with_the_reason()
    {
        const string Route =
            """
            {
              "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "rag-web", "creationTimestamp": "2026-03-01T11:50:00Z" },
              "spec": { "hostnames": [ "rag.example.com" ], "parentRefs": [ { "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "public", "namespace": "gateways" } ] },
              "status": { "parents": [ { "controllerName": "example.com/gateway", "parentRef": { "name": "public" }, "conditions": [ { "type": "Accepted", "status": "False", "reason": "NotAllowedByListeners", "message": "No listeners included by this parent ref allowed this attachment." } ] } ] }
            }
            """;

        var problem = Snapshots.Only(Snapshots.Of(Route));

        Assert.Equal(ProblemKind.RouteUnserved, problem.Kind);
        Assert.Contains("gateways/public does not serve the route (NotAllowedByListeners)", problem.What, StringComparison.Ordinal);
        Assert.Contains("No gateway has taken the route", Snapshots.Only(Snapshots.Of(Route[..Route.IndexOf("\"status\": { \"parents\"", StringComparison.Ordinal)] + "\"status\": { \"parents\": [] } }")).What, StringComparison.Ordinal);
    }
}
