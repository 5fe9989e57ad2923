using System.Text.Json;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Tests.Deployment.Diagnosis;

public sealed class RolloutTests
{
    [Theory]
    [InlineData("Deployment", 3, """{ "observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3 }""", "ready")]
    [InlineData("Deployment", 3, """{ "observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3 }""", "the change has not been seen yet")]
    [InlineData("Deployment", 3, """{ "observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "readyReplicas": 3, "availableReplicas": 3 }""", "1 of 3 pods are of the new revision")]
    [InlineData("Deployment", 3, """{ "observedGeneration": 2, "replicas": 4, "updatedReplicas": 3, "readyReplicas": 4, "availableReplicas": 4 }""", "1 pods of the old revision have yet to end")]
    [InlineData("Deployment", 3, """{ "observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 2, "availableReplicas": 2 }""", "2 of 3 pods are available")]
    [InlineData("Deployment", 2, """{ "observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "unavailableReplicas": 2 }""", "0 of 2 pods are available")]
    [InlineData("StatefulSet", 1, """{ "observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1 }""", "ready")]
    [InlineData("StatefulSet", 3, """{ "observedGeneration": 2, "replicas": 3, "updatedReplicas": 1, "readyReplicas": 3, "availableReplicas": 3 }""", "1 of 3 pods are of the new revision")]
    [InlineData("DaemonSet", null, """{ "observedGeneration": 2, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberReady": 1, "numberAvailable": 1 }""", "1 of 2 pods are available")]
    [InlineData("Deployment", 0, """{ "observedGeneration": 2 }""", "ready")]
    public void A_workload_is_ready_when_all_of_it_is_new_and_available(string kind, int? replicas, string status, string expected)
    {
        var json = $$"""{ "kind": "{{kind}}", "metadata": { "name": "rag-api", "generation": 2 }, "spec": { {{(replicas is null ? "" : $"\"replicas\": {replicas}")}} }, "status": {{status}} }""";

        var rollout = Rollout.Of(ApiJson.Of<ApiWorkload>([JsonDocument.Parse(json).RootElement], kind)[0]);

        Assert.Equal((expected == "ready", expected), (rollout.IsDone, rollout.State));
    }
}
