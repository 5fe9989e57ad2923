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
    [InlineData("0/3 nodes are available: 3 node(s) had untolerated taint(s). no new claims to deallocate,", ProblemKind.Taint, "for taints that it does not tolerate (0/3 nodes are available: 3 node(s) had untolerated taint(s)).")]
    [InlineData("0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to deallocate,", ProblemKind.InsufficientCpu, "No node has cpu 4 left")]
    [InlineData("0/1 nodes are available: 1 Insufficient ephemeral-storage. no new claims to deallocate,", ProblemKind.Unschedulable, "No node has ephemeral-storage left")]
    [InlineData("0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind.", ProblemKind.Volume, "no free volume")]
    [InlineData("0/3 nodes are available: 3 node(s) didn't match PersistentVolume's node affinity.", ProblemKind.Unschedulable, "Its volume is on a node")]
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

    private static string Node(string name, string labels = "", string taints = "") =>
        $$"""{ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "{{name}}", "labels": { "kubernetes.io/hostname": "{{name}}"{{labels}} } }, "spec": { "taints": [ {{taints}} ] }, "status": { "allocatable": { "cpu": "4" } } }""";

    [Fact]
    public void Taints_that_the_scheduler_does_not_name_are_read_from_the_nodes()
    {
        var pod = Snapshots.Unscheduled("0/3 nodes are available: 3 node(s) had untolerated taint(s)." + Preemption, spec: """ "tolerations": [ { "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300 }, { "key": "dedicated", "operator": "Equal", "value": "rag", "effect": "NoSchedule" } ], """);

        var problem = Snapshots.Only(Snapshots.Of(pod) with
        {
            Nodes = Snapshots.Nodes(
                Node("a", taints: """{ "key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule" }"""),
                Node("b", taints: """{ "key": "dedicated", "value": "rag", "effect": "NoSchedule" }, { "key": "dedicated", "value": "batch", "effect": "NoExecute" }, { "key": "full", "effect": "PreferNoSchedule" }"""),
                Node("c", taints: """{ "key": "node.kubernetes.io/not-ready", "effect": "NoExecute", "timeAdded": "2026-03-01T11:00:00Z" }""")),
        });

        Assert.Equal(ProblemKind.Taint, problem.Kind);
        Assert.Contains("for their taint node-role.kubernetes.io/control-plane:NoSchedule, dedicated=batch:NoExecute (", problem.What, StringComparison.Ordinal);
        Assert.DoesNotContain("claims to deallocate", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_has_the_label_and_a_taint_is_told_by_its_taint()
    {
        const string Message = "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s). no new claims to deallocate,";
        var pod = Snapshots.Unscheduled(Message + Preemption, spec: """ "nodeSelector": { "accelerator": "nvidia-l4" }, """);

        var problem = Snapshots.Only(Snapshots.Of(pod) with { Nodes = Snapshots.Nodes(Node("plain"), Node("gpu-1", """, "accelerator": "nvidia-l4" """, """{ "key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule" }""")) });

        Assert.Equal(ProblemKind.Taint, problem.Kind);
        Assert.Contains("their taint nvidia.com/gpu=present:NoSchedule (", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_on_every_GPU_node_is_not_ready_where_there_is_none()
    {
        const string Set =
            """
            {
              "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": { "name": "inference-chat", "generation": 1 },
              "spec": { "template": { "metadata": {}, "spec": { "nodeSelector": { "nvidia.com/gpu.present": "true" }, "containers": [ { "name": "vllm", "image": "vllm:1", "resources": { "limits": { "nvidia.com/gpu": "1" } } } ] } } },
              "status": { "observedGeneration": 1, "currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0 }
            }
            """;

        var none = Snapshots.Only(Snapshots.Of(Set) with { Nodes = Snapshots.Nodes(Node("plain")) });
        var tainted = Snapshots.Only(Snapshots.Of(Set) with { Nodes = Snapshots.Nodes(Node("gpu-1", """, "nvidia.com/gpu.present": "true" """, """{ "key": "nvidia.com/gpu", "effect": "NoSchedule" }""")) });

        Assert.Equal((ProblemKind.NoAccelerator, "inference-chat"), (none.Kind, none.Subject));
        Assert.Contains("labelled nvidia.com/gpu.present=true, and the cluster has no such node", none.What, StringComparison.Ordinal);
        Assert.Contains("gpu-1 refuses it for the taint nvidia.com/gpu:NoSchedule", tainted.What, StringComparison.Ordinal);
        Assert.False(Rollout.Of(Snapshots.Of(Set).Workloads[0]).IsDone);
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

    [Theory]
    [InlineData("0/1 nodes are available: persistentvolumeclaim \\\"uploads\\\" not found. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.")]
    [InlineData("persistentvolumeclaim \\\"uploads\\\" not found")]
    public void A_claim_that_nobody_made_is_named_whatever_other_claims_wait_for(string message)
    {
        var problems = ClusterDiagnosis.Of(Snapshots.Of(Snapshots.Unscheduled(message), Snapshots.Claim("data-postgres-0", "Pending", storageClass: null)) with { StorageClasses = [] });

        Assert.Equal(["data-postgres-0", "rag-api"], problems.Select(static problem => problem.Subject).Order(StringComparer.Ordinal));
        var missing = problems.Single(static problem => problem.Subject == "rag-api");
        Assert.Equal((ProblemKind.MissingConfiguration, "The claim uploads is not in the namespace."), (missing.Kind, missing.What));
        Assert.Contains("originals.claim.existing", missing.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_claim_that_came_meanwhile_is_not_missed() => Assert.DoesNotContain(
        ClusterDiagnosis.Of(Snapshots.Of(Snapshots.Unscheduled("persistentvolumeclaim \\\"uploads\\\" not found"), Snapshots.Claim("uploads", "Bound", storageClass: null))),
        static problem => problem.Kind == ProblemKind.MissingConfiguration);
}
