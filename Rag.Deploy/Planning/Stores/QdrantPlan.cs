using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>Qdrant in the namespace; with more than one pod a cluster, whose members find one another by the headless Service.</summary>
internal static class QdrantPlan
{
    public const int PeerPort = 6335;

    /// <summary>Endpoint of the app model with the REST interface.</summary>
    public const string RestPort = "http";

    // The account of the image's "unprivileged" variant. The ordinary one starts as root to change owners, which "restricted" forbids.
    private const int ImageUser = 1000;

    // The first member founds the cluster, every other one joins it; a restarted member finds what it was in its own storage.
    private const string Start =
        """
        self="http://$HOSTNAME.$PEERS:6335"
        case "$HOSTNAME" in
          *-0) exec ./entrypoint.sh --uri "$self" ;;
          *) exec ./entrypoint.sh --bootstrap "http://$FOUNDER.$PEERS:6335" --uri "$self" ;;
        esac
        """;

    /// <summary>Of one pod of a store that nobody has measured.</summary>
    public static readonly ResourceValues StandardResources = new()
    {
        Requests = new() { Cpu = "500m", Memory = "1Gi", EphemeralStorage = "128Mi" },
        Limits = new() { Cpu = "2", Memory = "2Gi", EphemeralStorage = "1Gi" },
    };

    public static IEnumerable<PlannedObject> Of(PlanContext context, StoreResource store) =>
        StorePods.Of(context, store, Pod(context, store), store.Values.Storage ?? "20Gi", "/qdrant/storage", graceSeconds: 60);

    private static StorePod Pod(PlanContext context, StoreResource store)
    {
        var name = Naming.Of(store.Name);
        var isCluster = store.Values.Replicas > 1;
        var http = WorkloadPorts.Of(context, store.Container).ContainerNames[RestPort];
        Probe Ask(string path) => new() { HttpGet = new HttpGetAction(path, http) };
        var probing = Probing.Of(Ask("/healthz"), Ask("/readyz"), Ask("/livez"), startupSeconds: 120);
        ContainerPort[] peers = isCluster ? [new ContainerPort("p2p", PeerPort)] : [];
        EnvVar[] own =
        [
            .. Settings(name, isCluster),
            // The image reads its key from the environment or from a whole configuration file, not from a file of its own.
            new EnvVar("QDRANT__SERVICE__API_KEY") { ValueFrom = new EnvVarSource { SecretKeyRef = new KeySelector(context.SecretName, StorePlan.Password(context, store)) } },
        ];
        return new StorePod
        {
            User = store.Values.User ?? ImageUser,
            SingleReplicaReason = "The index can be built anew from the database at any time; three pods make it available during a node's maintenance.",
            PeerPorts = peers,
            Container = new Container
            {
                Name = name,
                // What the values name is meant as it is written.
                Image = context.IsOverridden(store.Container) ? context.Image(store.Container) : Unprivileged(context.Image(store.Container)),
                ImagePullPolicy = "",
                Command = isCluster ? ["sh", "-c", Start] : null,
                Ports = [.. StorePlan.ContainerPorts(context, store), .. peers],
                Env = [.. own, .. StoreModel.Variables(context, store, own)],
                Resources = PodParts.Resources(StorePlan.Resources(store)),
                StartupProbe = probing.Startup,
                ReadinessProbe = probing.Readiness,
                LivenessProbe = probing.Liveness,
                VolumeMounts = [new ContainerVolumeMount("init", "/qdrant/init")],
            },
            Volumes = [PodParts.Scratch("init", "1Mi")],
        };
    }

    private static IEnumerable<EnvVar> Settings(string name, bool isCluster)
    {
        yield return new EnvVar("QDRANT__TELEMETRY_DISABLED") { Value = "true" };
        yield return new EnvVar("QDRANT__SERVICE__ENABLE_STATIC_CONTENT") { Value = "0" };
        // It notes that it has started in a file, which would lie on the read-only root otherwise.
        yield return new EnvVar("QDRANT_INIT_FILE_PATH") { Value = "/qdrant/init/.qdrant-initialized" };
        // A snapshot is as large as its collection, and nodes make some of one another as well: on the node's disk the pod would be evicted for it.
        yield return new EnvVar("QDRANT__STORAGE__SNAPSHOTS_PATH") { Value = "/qdrant/storage/snapshots" };
        if (isCluster)
        {
            yield return new EnvVar("QDRANT__CLUSTER__ENABLED") { Value = "true" };
            yield return new EnvVar("PEERS") { Value = StorePods.Headless(name) };
            yield return new EnvVar("FOUNDER") { Value = $"{name}-0" };
        }
    }

    // docker.io/qdrant/qdrant:v1.18.0 -> docker.io/qdrant/qdrant:v1.18.0-unprivileged; a digest, which says more than the tag, is of that one.
    private static string Unprivileged(string image)
    {
        const string Suffix = "-unprivileged";
        var at = image.IndexOf('@', StringComparison.Ordinal);
        var tagged = at < 0 ? image : image[..at];
        var isSo = tagged.EndsWith(Suffix, StringComparison.Ordinal) || (at >= 0 && ImageReference.Parse(image).Tag is null);
        return isSo ? image : $"{tagged}{Suffix}{image[tagged.Length..]}";
    }
}
