using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;

namespace Rag.Deploy.Planning.Stores;

/// <summary>What the pods of all bundled stores have in common.</summary>
internal static class StorePods
{
    /// <summary>Name of the volume that holds what the store keeps.</summary>
    public const string DataVolume = "data";

    private const int PreStopSeconds = 5;

    /// <summary>A StatefulSet with its headless Service, the Service that its consumers use, its account and its budget.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="store">Which.</param>
    /// <param name="pod">Its container and volumes; what all stores share is filled in here.</param>
    /// <param name="storage">Size of each pod's claim; null: it keeps nothing.</param>
    /// <param name="dataPath">Where the claim is mounted.</param>
    /// <param name="graceSeconds">Time to write down what is in memory.</param>
    public static IEnumerable<PlannedObject> Of(PlanContext context, StoreResource store, StorePod pod, string? storage, string dataPath, int graceSeconds)
    {
        var name = Naming.Of(store.Name);
        var selector = context.Names.Selector(name);
        var replicas = StorePlan.Replicas(store);
        // Where the app model mounts something there, that is meant.
        var hasScratch = !(pod.Container.VolumeMounts ?? []).Any(static mount => WorkloadSettings.MountPath(mount.MountPath) == WorkloadSettings.TemporaryFolder);
        yield return PodParts.Account(context, name, StorePlan.Component, name);
        yield return new PlannedObject(
            new Service
            {
                Metadata = context.Names.Meta(name, StorePlan.Component),
                Spec = new ServiceSpec { Type = "ClusterIP", Selector = selector, Ports = StorePlan.Ports(context, store) },
            },
            name);
        yield return new PlannedObject(
            new Service
            {
                Metadata = context.Names.Meta(name, StorePlan.Component, Headless(name)),
                Spec = new ServiceSpec
                {
                    Type = "ClusterIP",
                    ClusterIP = "None",
                    // Members of a cluster look one another up before any of them is ready.
                    PublishNotReadyAddresses = true,
                    Selector = selector,
                    Ports = [.. StorePlan.ContainerPorts(context, store).Concat(pod.PeerPorts).Select(static port => new ServicePort(port.Name, port.ContainerPortNumber, port.Name) { Protocol = port.Protocol })],
                },
            },
            name);
        yield return new PlannedObject(
            new StatefulSet
            {
                Metadata = context.Names.Meta(name, StorePlan.Component, annotations: replicas > 1 ? null : new Labels { [ServicePlan.SingleReplica] = pod.SingleReplicaReason }),
                Spec = new StatefulSetSpec
                {
                    ServiceName = Headless(name),
                    Replicas = replicas,
                    RevisionHistoryLimit = 3,
                    MinReadySeconds = 5,
                    // The members of a Qdrant cluster wait for one another; in order they would wait for ever.
                    PodManagementPolicy = "Parallel",
                    UpdateStrategy = new StatefulSetUpdateStrategy("RollingUpdate"),
                    PersistentVolumeClaimRetentionPolicy = storage is null ? null : new ClaimRetentionPolicy("Retain", "Retain"),
                    Selector = new LabelSelector { MatchLabels = selector },
                    Template = new PodTemplateSpec(
                        new ObjectMeta { Labels = context.Names.Labels(name, StorePlan.Component, PodParts.ImageVersion(pod.Container.Image)), Annotations = pod.ConfigHash is { } hash ? new Labels { [ServicePlan.ConfigHash] = hash } : null },
                        new PodSpec
                        {
                            ServiceAccountName = name,
                            AutomountServiceAccountToken = false,
                            EnableServiceLinks = false,
                            PriorityClassName = context.Values.Cluster.PriorityClass,
                            TerminationGracePeriodSeconds = graceSeconds + PreStopSeconds,
                            SecurityContext = PodSecurity.Pod(pod.User, ownsVolumes: storage is not null),
                            TopologySpreadConstraints = PodParts.Spread(context, name),
                            Containers =
                            [
                                pod.Container with
                                {
                                    // Those who hold no connection yet are sent elsewhere, or wait, before it stops listening.
                                    Lifecycle = PodParts.PreStop(context, PreStopSeconds),
                                    ImagePullPolicy = context.Values.Images.PullPolicy.ToString(),
                                    SecurityContext = PodSecurity.Container(pod.User),
                                    VolumeMounts =
                                    [
                                        .. hasScratch ? [new ContainerVolumeMount(PodParts.ScratchVolume, WorkloadSettings.TemporaryFolder)] : Array.Empty<ContainerVolumeMount>(),
                                        new ContainerVolumeMount(DataVolume, dataPath),
                                        .. pod.Container.VolumeMounts ?? [],
                                    ],
                                },
                            ],
                            Volumes =
                            [
                                .. hasScratch ? [PodParts.Scratch(PodParts.ScratchVolume, "64Mi")] : Array.Empty<Volume>(),
                                .. storage is null ? [PodParts.Scratch(DataVolume, "512Mi")] : Array.Empty<Volume>(),
                                .. pod.Volumes,
                            ],
                        }),
                    VolumeClaimTemplates = storage is null ? null : [Claims.Template(context, DataVolume, storage, store.Values.StorageClass)],
                },
            },
            name);
        yield return PodParts.DisruptionBudget(context, name, StorePlan.Component, new Values.DisruptionValues { MaxUnavailable = "1" }, name);
    }

    public static string Headless(string name) => $"{name}-headless";
}

/// <summary>What one store's pod has of its own.</summary>
internal sealed record StorePod
{
    public required Container Container { get; init; }

    public required int User { get; init; }

    public required string SingleReplicaReason { get; init; }

    public IReadOnlyList<Volume> Volumes { get; init; } = [];

    /// <summary>Ports on which its pods talk to one another.</summary>
    public IReadOnlyList<ContainerPort> PeerPorts { get; init; } = [];

    public string? ConfigHash { get; init; }
}
