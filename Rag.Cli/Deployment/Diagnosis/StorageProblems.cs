using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>Claims that no volume comes for: of the manifests before they are applied, of the cluster afterwards.</summary>
internal static class StorageProblems
{
    private const string ByHand = "kubernetes.io/no-provisioner";

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
            null => new Problem(ProblemKind.MissingStorageClass, claim, $"The claim {claim} asks for the storage class {wanted}, which is not there ({names}).", "Correct cluster.storageClass or stores.<name>.storageClass in the values, or make the class. A claim that is there already keeps its class: delete it first, it holds nothing yet."),
            { Provisioner: ByHand } => new Problem(ProblemKind.NoProvisioner, claim, $"Nobody makes volumes for the storage class {wanted} of the claim {claim}.", "Make a PersistentVolume of that class by hand for every claim, or name a class with a provisioner in cluster.storageClass.") { IsWarning = true },
            _ => null,
        };
    }

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
            return failed.Message.Contains("no storage class is set", StringComparison.Ordinal)
                ? new Problem(ProblemKind.NoProvisioner, name, $"The claim {name} names no storage class, and the cluster has no default.", "Name one in cluster.storageClass of the values, or make a PersistentVolume by hand. The claim keeps what it asked for: delete it and apply again.")
                : new Problem(ProblemKind.Volume, name, $"No volume could be made for the claim {name}: {ContainerProblems.Sentence(failed.Message)}", $"'{snapshot.Kubectl} describe pvc {name}' shows all of it; the provisioner's own log says more.");
        }

        var waits = snapshot.About("PersistentVolumeClaim", name).FirstOrDefault(static one => one.Reason == "ExternalProvisioning");
        return waits is not null && snapshot.Now - claim.Metadata.CreationTimestamp > Patience
            ? new Problem(ProblemKind.NoProvisioner, name, $"The provisioner of the storage class {claim.Spec.StorageClassName} has not answered for the claim {name}.", "Is its controller running? 'kubectl get pods -A' shows it.")
            : null;
    }
}
