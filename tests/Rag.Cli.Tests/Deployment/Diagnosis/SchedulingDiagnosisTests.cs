using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Tests.Deployment.Diagnosis;

public sealed class SchedulingDiagnosisTests
{
    private const string Preemption = " preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.";

    [Theory]
    [InlineData("0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu.", ProblemKind.InsufficientCpu, "No node has cpu 4 left")]
    [InlineData("0/3 nodes are available: 3 Insufficient memory.", ProblemKind.InsufficientMemory, "No node has memory 64Gi left")]
    [InlineData("0/3 nodes are available: 3 node(s) had untolerated taint {dedicated: batch}.", ProblemKind.Taint, "for their taint dedicated: batch")]
    [InlineData("0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints.", ProblemKind.Unschedulable, "topology spread")]
    [InlineData("0/3 nodes are available: 3 node(s) were unschedulable.", ProblemKind.Unschedulable, "were unschedulable")]
    public void The_scheduler_is_put_into_words(string message, object kind, string words)
    {
        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Unscheduled(message + Preemption, """ "resources": { "requests": { "cpu": "4", "memory": "64Gi" } }, """)));

        Assert.Equal((ProblemKind)kind, problem.Kind);
        Assert.Contains(words, problem.What, StringComparison.Ordinal);
        Assert.DoesNotContain("preemption", problem.What, StringComparison.OrdinalIgnoreCase);
        Assert.NotEmpty(problem.Fix);
    }

    [Fact]
    public void A_missing_GPU_node_is_told_from_one_that_is_busy()
    {
        var snapshot = Snapshots.Of(Snapshots.Unscheduled("0/1 nodes are available: 1 Insufficient nvidia.com/gpu." + Preemption));
        const string Plain = """{ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "node-1" }, "spec": {}, "status": { "allocatable": { "cpu": "4", "memory": "8Gi", "pods": "110" } } }""";
        const string WithGpu = """{ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "gpu-1" }, "spec": {}, "status": { "allocatable": { "cpu": "32", "nvidia.com/gpu": "1" } } }""";

        var missing = Snapshots.Only(snapshot with { Nodes = Snapshots.Nodes(Plain) });
        var busy = Snapshots.Only(snapshot with { Nodes = Snapshots.Nodes(Plain, WithGpu) });

        Assert.Equal((ProblemKind.NoAccelerator, ProblemKind.NoAccelerator), (missing.Kind, busy.Kind));
        Assert.StartsWith("No node offers nvidia.com/gpu", missing.What, StringComparison.Ordinal);
        Assert.Contains("gpu-1 offer some", busy.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_that_no_node_has_is_named()
    {
        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Unscheduled("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", spec: """ "nodeSelector": { "accelerator": "nvidia-l4" }, """)));

        Assert.Equal(ProblemKind.NoAccelerator, problem.Kind);
        Assert.Contains("kubectl label node NAME accelerator=nvidia-l4", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pod_that_waits_for_its_claim_leaves_the_word_to_the_claim()
    {
        var snapshot = Snapshots.Of(
            Snapshots.Unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."),
            Snapshots.Claim("data-postgres-0", "Pending", storageClass: null)) with { StorageClasses = [] };

        Assert.Equal(ProblemKind.NoProvisioner, Snapshots.Only(snapshot).Kind);
    }
}
