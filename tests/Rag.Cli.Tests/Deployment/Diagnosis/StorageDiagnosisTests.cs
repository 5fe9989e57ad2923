using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Tests.Deployment.Diagnosis;

public sealed class StorageDiagnosisTests
{
    private static readonly string Standard = Snapshots.StorageClass("standard", "rancher.io/local-path", isDefault: true);

    [Fact]
    public void A_cluster_without_any_provisioner_is_told()
    {
        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Claim("data-postgres-0", "Pending", storageClass: null)) with { StorageClasses = [] });

        Assert.Equal((ProblemKind.NoProvisioner, "data-postgres-0"), (problem.Kind, problem.Subject));
        Assert.Contains("there is none at all", problem.What, StringComparison.Ordinal);
        Assert.Contains("by hand", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_without_a_default_are_offered()
    {
        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Claim("data-postgres-0", "Pending", storageClass: null)) with { StorageClasses = Snapshots.Classes(Snapshots.StorageClass("fast", "ebs.csi.aws.com")) });

        Assert.Equal(ProblemKind.NoProvisioner, problem.Kind);
        Assert.Contains("annotate storageclass fast", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_is_not_there_is_named_with_those_that_are()
    {
        var problem = Snapshots.Only(Snapshots.Of(Snapshots.Claim("data-postgres-0", "Pending", "fast")) with { StorageClasses = Snapshots.Classes(Standard) });

        Assert.Equal(ProblemKind.MissingStorageClass, problem.Kind);
        Assert.Contains("asks for the storage class fast, which is not there (there are: standard)", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_of_volumes_made_by_hand_wants_hands()
    {
        var classes = Snapshots.Classes(Snapshots.StorageClass("manual", "kubernetes.io/no-provisioner"));

        Assert.Equal(ProblemKind.NoProvisioner, Snapshots.Only(Snapshots.Of(Snapshots.Claim("data-postgres-0", "Pending", "manual")) with { StorageClasses = classes }).Kind);
    }

    [Fact]
    public void What_the_provisioner_complains_of_is_repeated()
    {
        var snapshot = Snapshots.Of(
            Snapshots.Claim("data-postgres-0", "Pending", "standard"),
            Snapshots.Event("PersistentVolumeClaim", "data-postgres-0", "ProvisioningFailed", "failed to provision volume with StorageClass \"standard\": rpc error: code = ResourceExhausted desc = quota exceeded"))
            with { StorageClasses = Snapshots.Classes(Standard) };

        var problem = Snapshots.Only(snapshot);

        Assert.Equal(ProblemKind.Volume, problem.Kind);
        Assert.Contains("quota exceeded", problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("failed to provision volume with StorageClass \"standard\": NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes")]
    [InlineData("failed to provision volume with StorageClass \"standard\": rpc error: code = InvalidArgument desc = Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.")]
    [InlineData("failed to provision volume with StorageClass \"standard\": rpc error: code = InvalidArgument desc = VolumeCapabilities is invalid: specified multi writer with mount access type")]
    [InlineData("failed to provision volume with StorageClass \"standard\": rpc error: code = InvalidArgument desc = mountVolume is not supported for access mode: MULTI_NODE_MULTI_WRITER")]
    public void A_class_whose_volumes_one_node_mounts_is_told_from_one_that_is_out_of_order(string message)
    {
        var problem = Snapshots.Only(Pending("ReadWriteMany", message));

        Assert.Equal((ProblemKind.Volume, "originals", true), (problem.Kind, problem.Subject, problem.IsFinal));
        Assert.StartsWith("The claim originals asks for a volume that several nodes mount (ReadWriteMany), and the storage class standard gives it to one: ", problem.What, StringComparison.Ordinal);
        Assert.Contains("originals.claim.storageClass, inference.<name>.cache.storageClass", problem.Fix, StringComparison.Ordinal);
        Assert.Contains("(originals.mode)", problem.Fix, StringComparison.Ordinal);
        Assert.EndsWith("kubectl -n ragplatform delete pvc originals; then apply again.", problem.Fix, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ReadWriteMany", "failed to provision volume with StorageClass \"standard\": rpc error: code = ResourceExhausted desc = quota exceeded")]
    [InlineData("ReadWriteOnce", "failed to provision volume with StorageClass \"standard\": NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes")]
    public void Another_complaint_is_none_of_access(string mode, string message)
    {
        var problem = Snapshots.Only(Pending(mode, message));

        Assert.StartsWith("No volume could be made for the claim originals:", problem.What, StringComparison.Ordinal);
        Assert.False(problem.IsFinal);
    }

    [Fact]
    public void Without_a_right_to_look_at_classes_the_event_tells()
    {
        var snapshot = Snapshots.Of(
            Snapshots.Claim("data-postgres-0", "Pending", storageClass: null),
            Snapshots.Event("PersistentVolumeClaim", "data-postgres-0", "FailedBinding", "no persistent volumes available for this claim and no storage class is set", type: "Normal"));

        Assert.Equal(ProblemKind.NoProvisioner, Snapshots.Only(snapshot).Kind);
    }

    [Fact]
    public void A_provisioner_that_does_not_answer_is_suspected_after_a_minute()
    {
        var snapshot = Snapshots.Of(
            Snapshots.Claim("data-postgres-0", "Pending", "standard"),
            Snapshots.Event("PersistentVolumeClaim", "data-postgres-0", "ExternalProvisioning", "Waiting for a volume to be created either by the external provisioner 'rancher.io/local-path' or manually by the system administrator.", type: "Normal"))
            with { StorageClasses = Snapshots.Classes(Standard) };

        Assert.Equal(ProblemKind.NoProvisioner, Snapshots.Only(snapshot).Kind);
        Assert.Empty(ClusterDiagnosis.Of(snapshot with { Now = new DateTimeOffset(2026, 3, 1, 11, 50, 20, TimeSpan.Zero) }));
    }

    [Fact]
    public void A_claim_that_waits_for_its_first_consumer_is_no_problem()
    {
        var snapshot = Snapshots.Of(
            Snapshots.Claim("data-postgres-0", "Pending", "standard"),
            Snapshots.Event("PersistentVolumeClaim", "data-postgres-0", "WaitForFirstConsumer", "waiting for first consumer to be created before binding", type: "Normal"))
            with { StorageClasses = Snapshots.Classes(Standard) };

        Assert.Empty(ClusterDiagnosis.Of(snapshot));
        Assert.Empty(ClusterDiagnosis.Of(Snapshots.Of(Snapshots.Claim("data-postgres-0", "Bound", "gone")) with { StorageClasses = [] }));
    }

    private static Snapshot Pending(string mode, string message) => Snapshots.Of(
        Snapshots.Claim("originals", "Pending", "standard", mode),
        Snapshots.Event("PersistentVolumeClaim", "originals", "ProvisioningFailed", message)) with { StorageClasses = Snapshots.Classes(Standard) };
}
