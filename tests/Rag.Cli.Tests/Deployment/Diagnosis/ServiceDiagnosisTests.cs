using Rag.Cli.Deployment.Diagnosis;
using Rag.Cli.Deployment.Status;

namespace Rag.Cli.Tests.Deployment.Diagnosis;

public sealed class ServiceDiagnosisTests
{
    private const string Running = """{ "running": { "startedAt": "2026-03-01T11:59:30Z" } }""";

    private static string Service(string name = "rag-api", string selector = "rag-api", string more = "") =>
        $$"""
        {
          "apiVersion": "v1", "kind": "Service", "metadata": { "name": "{{name}}", "creationTimestamp": "2026-03-01T11:30:00Z"{{more}} },
          "spec": { "type": "ClusterIP", "clusterIP": "10.96.12.7", "selector": { "app.kubernetes.io/name": "{{selector}}", "app.kubernetes.io/part-of": "ragplatform" }, "ports": [ { "name": "http", "port": 8080, "targetPort": "http", "protocol": "TCP" } ] }
        }
        """;

    private static string Slice(string endpoints, string name = "rag-api") =>
        $$"""
        {
          "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": { "name": "{{name}}-7h2kd", "labels": { "kubernetes.io/service-name": "{{name}}", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" } },
          "addressType": "IPv4", "endpoints": {{endpoints}}, "ports": [ { "name": "http", "port": 8080, "protocol": "TCP" } ]
        }
        """;

    private static string Endpoint(string pod, string ready) => $$"""{ "addresses": [ "10.244.1.7" ], "conditions": { {{ready}} }, "nodeName": "node-1", "targetRef": { "kind": "Pod", "name": "{{pod}}", "namespace": "ragplatform", "uid": "1" } }""";

    [Fact]
    public void Endpoints_are_counted_by_pod()
    {
        var ready = Endpoint("rag-api-1", "\"ready\": true, \"serving\": true, \"terminating\": false");
        var snapshot = Snapshots.Of(Service(), Slice($"[ {ready}, {Endpoint("rag-api-2", "\"ready\": false")}, {Endpoint("rag-api-3", "")} ]"), Slice($"[ {ready} ]"), Slice("null", "rag-web"));

        Assert.Equal((2, 3), ServiceProblems.Endpoints(snapshot, snapshot.Services[0]));
        Assert.Empty(ClusterDiagnosis.Of(snapshot));
        var service = Assert.Single(StatusReport.Of(snapshot, []).Services);
        Assert.Equal(("rag-api", "ClusterIP", 8080, 2, 3), (service.Name, service.Type, Assert.Single(service.Ports), service.Ready, service.Endpoints));
    }

    [Fact]
    public void A_Service_whose_labels_no_pod_has_is_told_with_them()
    {
        var problem = Snapshots.Only(Snapshots.Of(Service(selector: "rag-apy"), Slice("[]"), Snapshots.Workload(ready: 2), Snapshots.Pod(Running, phase: "Running", ready: true)));

        Assert.Equal((ProblemKind.ServiceUnserved, "rag-api", false), (problem.Kind, problem.Subject, problem.IsWarning));
        Assert.Contains("no pod has the labels that it selects (app.kubernetes.io/name=rag-apy,app.kubernetes.io/part-of=ragplatform)", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Service_none_of_whose_pods_is_ready_is_told()
    {
        var pod = Snapshots.Pod(Running, phase: "Running");
        var snapshot = Snapshots.Of(Service(), Slice($"[ {Endpoint("rag-api-7d4b9c6f5d-x2x4z", "\"ready\": false")} ]"), pod);

        Assert.Contains("of the 1 pods that it selects none is ready", Snapshots.Only(snapshot).What, StringComparison.Ordinal);
        // While they start, that is how it should be.
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(Service(), Slice("[]"), pod.Replace("2026-03-01T11:50:00Z", "2026-03-01T11:59:30Z", StringComparison.Ordinal))));
    }

    [Fact]
    public void A_Service_of_which_none_is_wanted_or_that_an_operator_made_is_no_problem()
    {
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(Service(), Slice("[]"), Snapshots.Workload(ready: 0).Replace("\"replicas\": 2", "\"replicas\": 0", StringComparison.Ordinal).Replace("\"updatedReplicas\": 2", "\"updatedReplicas\": 0", StringComparison.Ordinal))));
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(Service("postgres-ro", "postgres-ro", """, "ownerReferences": [ { "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "name": "postgres", "uid": "1" } ] """), Slice("[]"))));
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(Service()) with { Unseen = ["endpointslices"] }));
    }
}
