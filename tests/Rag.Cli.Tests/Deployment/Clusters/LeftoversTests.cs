using System.Text.Json;
using Rag.Cli.Deployment.Clusters;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Writing;

namespace Rag.Cli.Tests.Deployment.Clusters;

public sealed class LeftoversTests
{
    [Fact]
    public void Every_type_that_is_generated_is_looked_for_or_holds_data()
    {
        var kinds = typeof(KubernetesObject).Assembly.GetTypes().Where(static type => type.IsSubclassOf(typeof(KubernetesObject)) && !type.IsAbstract).ToList();
        Assert.NotEmpty(kinds);
        foreach (var type in kinds)
        {
            var one = (KubernetesObject)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
            var kind = type.Name switch { "HttpRoute" => "HTTPRoute", "PostgresCluster" => "Cluster", var name => name };
            Assert.NotNull(one);
            var apiVersion = kind == "Cluster" ? "postgresql.cnpg.io/v1" : "v1";
            var holds = !Leftovers.HoldsNothing(RenderedYaml.Read($"apiVersion: {apiVersion}\nkind: {kind}\nmetadata: {{ name: a }}\n")[0]);
            Assert.True(holds != Leftovers.Kinds.Contains(kind), $"{kind}: either it is left over when it leaves the manifests, or it is never removed by the way.");
        }
    }

    [Fact]
    public void What_somebody_owns_or_what_ends_by_itself_is_not_left_over()
    {
        var wanted = RenderedYaml.Read("apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: rag-api }\n");
        string[] there =
        [
            """{ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "rag-api" } }""",
            """{ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "otel-collector" } }""",
            """{ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "rag-api" } }""",
            """{ "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": { "name": "keda-hpa-rag-ingest", "ownerReferences": [ { "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "rag-ingest", "uid": "1" } ] } }""",
            """{ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "migration-a" }, "spec": { "ttlSecondsAfterFinished": 86400 }, "status": { "conditions": [ { "type": "Complete", "status": "True" } ] } }""",
            """{ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "migration-b" }, "spec": { "ttlSecondsAfterFinished": 86400 }, "status": { "active": 1 } }""",
        ];
        var items = there.Select(static item => JsonDocument.Parse(item).RootElement).ToList();

        Assert.Equal(["deployment.apps/otel-collector", "job.batch/migration-b", "service/rag-api"], Leftovers.Of(wanted, items, withFinished: false));
        Assert.Contains("job.batch/migration-a", Leftovers.Of(wanted, items, withFinished: true));
    }
}
