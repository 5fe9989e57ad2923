using System.Text.RegularExpressions;
using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>Claims that no volume comes for: of the manifests before they are applied, of the cluster afterwards.</summary>
internal static partial class StorageProblems
{
    private const string ByHand = "kubernetes.io/no-provisioner";

    private const string OtherPlaces = "Originals have two other places that need no such class: the database and a bucket (originals.mode).";

    private static readonly string SharedClass =
        $"Name a class whose volumes several nodes mount, such as one of NFS or CephFS, where the claim is (originals.claim.storageClass, inference.<name>.cache.storageClass), or make the volume by hand (persistentVolumes). {OtherPlaces}";

    // Their disks are attached to one node, or are folders of one.
    private static readonly string[] OfOneNode =
        ["rancher.io/local-path", "ebs.csi.aws.com", "kubernetes.io/aws-ebs", "pd.csi.storage.gke.io", "kubernetes.io/gce-pd", "disk.csi.azure.com", "kubernetes.io/azure-disk"];

    // An external provisioner that works answers within seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Whether the classes can serve a claim; null where they can.</summary>
    /// <param name="claim">Its name.</param>
    /// <param name="wanted">The class it names; null: the default.</param>
    /// <param name="classes">Those of the cluster.</param>
    public static Problem? Of(string claim, string? wanted, IReadOnlyList<ApiStorageClass> classes)
    {
        var names = classes.Count == 0 ? "there is none at all" : $"there are: {string.Join(", ", classes.Select(static one => one.Metadata.Name))}";
        if (wanted is null)
        {
            return classes.Any(static one => one.IsDefault) ? null : new Problem(
                ProblemKind.NoProvisioner, claim, $"The claim {claim} asks for the default storage class, and the cluster has none ({names}).",
                classes.Count == 0
                    ? "Install a provisioner, or make PersistentVolumes by hand."
                    : $"Name one in cluster.storageClass of the values, or make one the default: kubectl annotate storageclass {classes[0].Metadata.Name} storageclass.kubernetes.io/is-default-class=true");
        }

        if (wanted.Length == 0)
        {
            // It asks for a volume that somebody made by hand.
            return null;
        }

        return classes.FirstOrDefault(one => one.Metadata.Name == wanted) switch
        {
            null => new Problem(ProblemKind.MissingStorageClass, claim, $"The claim {claim} asks for the storage class {wanted}, which is not there ({names}).", "Correct cluster.storageClass or stores.<name>.storageClass (originals.claim.storageClass) in the values, or make the class. A claim that is there already keeps its class: delete it first, it holds nothing yet."),
            { Provisioner: ByHand } => new Problem(ProblemKind.NoProvisioner, claim, $"Nobody makes volumes for the storage class {wanted} of the claim {claim}.", "Make a PersistentVolume of that class by hand for every claim, or name a class with a provisioner in cluster.storageClass.") { IsWarning = true },
            _ => null,
        };
    }

    /// <summary>Whether a claim that several nodes mount asks one for it who is known for volumes of one node. Some of them can be set up otherwise, so one may try.</summary>
    public static Problem? OfShared(TreeClaim claim, IReadOnlyList<ApiStorageClass> classes) =>
        claim.IsShared && classes.FirstOrDefault(one => claim.StorageClass is { } wanted ? one.Metadata.Name == wanted : one.IsDefault) is { } found && OfOneNode.Contains(found.Provisioner, StringComparer.Ordinal)
            ? new Problem(ProblemKind.Volume, claim.Name, $"The claim {claim.Name} asks for a volume that several nodes mount (ReadWriteMany), and {found.Provisioner}, which makes those of the storage class {found.Metadata.Name}, usually gives them to one node.", SharedClass) { IsWarning = true }
            : null;

    /// <summary>A claim that several workloads mount, and that may be mounted on one node only.</summary>
    public static Problem OfOneNodeOnly(string claim, string users) => new(
        ProblemKind.Volume, claim, $"The claim {claim} does not allow ReadWriteMany; {users} mount it, and wait for one another on different nodes.",
        $"Name a claim that several nodes mount (originals.claim.existing). {OtherPlaces}") { IsWarning = true };

    /// <summary>A claim that pods name and nobody made.</summary>
    public static Problem Missing(string subject, string claim, string users = "") => new(
        ProblemKind.MissingConfiguration, subject, $"The claim {claim} is not in the namespace{users}.", "Make it, or name one that is there (originals.claim.existing, inference.<name>.cache.claim).");

    public static IEnumerable<Problem> Of(Snapshot snapshot) => snapshot.Claims.Where(static claim => claim.Status.Phase != "Bound").Select(claim => Of(snapshot, claim)).OfType<Problem>();

    private static Problem? Of(Snapshot snapshot, ApiClaim claim)
    {
        var name = claim.Metadata.Name;
        if (claim.Status.Phase == "Lost")
        {
            return new Problem(ProblemKind.Volume, name, $"The volume of the claim {name} is gone.", "Its data is lost with it: delete the claim, apply again, and restore a copy.");
        }

        // A volume made by hand is kept for it: whatever class it names, nobody has to make one.
        if (!snapshot.IsReserved(name) && snapshot.StorageClasses is { } classes && Of(name, claim.Spec.StorageClassName, classes) is { } cause)
        {
            return cause with { IsWarning = false };
        }

        if (snapshot.About("PersistentVolumeClaim", name).FirstOrDefault(static one => one.Reason is "ProvisioningFailed" or "FailedBinding") is { } failed)
        {
            if (claim.Spec.AccessModes.Contains("ReadWriteMany") && OneNodeOnly().IsMatch(failed.Message))
            {
                return new Problem(
                    ProblemKind.Volume, name,
                    $"The claim {name} asks for a volume that several nodes mount (ReadWriteMany), and the storage class {claim.Spec.StorageClassName} gives it to one: {ContainerProblems.Sentence(failed.Message)}",
                    $"{SharedClass} The claim keeps what it asked for and holds nothing yet: {snapshot.Kubectl} delete pvc {name}; then apply again.")
                {
                    IsFinal = true,
                };
            }

            return failed.Message.Contains("no storage class is set", StringComparison.Ordinal)
                ? new Problem(ProblemKind.NoProvisioner, name, $"The claim {name} names no storage class, and the cluster has no default.", "Name one in cluster.storageClass of the values, or make a PersistentVolume by hand. The claim keeps what it asked for: delete it and apply again.")
                : new Problem(ProblemKind.Volume, name, $"No volume could be made for the claim {name}: {ContainerProblems.Sentence(failed.Message)}", $"'{snapshot.Kubectl} describe pvc {name}' shows all of it; the provisioner's own log says more.");
        }

        var waits = snapshot.About("PersistentVolumeClaim", name).FirstOrDefault(static one => one.Reason == "ExternalProvisioning");
        return waits is not null && snapshot.Now - claim.Metadata.CreationTimestamp > Patience
            ? new Problem(ProblemKind.NoProvisioner, name, $"The provisioner of the storage class {claim.Spec.StorageClassName} has not answered for the claim {name}.", "Is its controller running? 'kubectl get pods -A' shows it.")
            : null;
    }

    // rancher.io/local-path: NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes
    // ebs.csi.aws.com: Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.
    // disk.csi.azure.com: mountVolume is not supported for access mode: MULTI_NODE_MULTI_WRITER
    // pd.csi.storage.gke.io: VolumeCapabilities is invalid: specified multi writer with mount access type
    [GeneratedRegex("only supports ReadWriteOnce|MULTI_NODE_MULTI_WRITER|multi writer", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OneNodeOnly();
}
