namespace Rag.Deploy.Kubernetes;

public sealed record Deployment() : KubernetesObject("apps/v1", "Deployment")
{
    public required DeploymentSpec Spec { get; init; }
}

public sealed record DeploymentSpec
{
    public int? Replicas { get; init; }
    public int? RevisionHistoryLimit { get; init; }
    public int? MinReadySeconds { get; init; }
    public int? ProgressDeadlineSeconds { get; init; }
    public required LabelSelector Selector { get; init; }
    public required DeploymentStrategy Strategy { get; init; }
    public required PodTemplateSpec Template { get; init; }
}

public sealed record DeploymentStrategy(string Type)
{
    public RollingUpdate? RollingUpdate { get; init; }
}

public sealed record RollingUpdate
{
    public IntOrString? MaxUnavailable { get; init; }
    public IntOrString? MaxSurge { get; init; }
}

public sealed record StatefulSet() : KubernetesObject("apps/v1", "StatefulSet")
{
    public required StatefulSetSpec Spec { get; init; }
}

public sealed record StatefulSetSpec
{
    public required string ServiceName { get; init; }
    public required int Replicas { get; init; }
    public int? RevisionHistoryLimit { get; init; }
    public int? MinReadySeconds { get; init; }
    public string? PodManagementPolicy { get; init; }
    public required StatefulSetUpdateStrategy UpdateStrategy { get; init; }
    public ClaimRetentionPolicy? PersistentVolumeClaimRetentionPolicy { get; init; }
    public required LabelSelector Selector { get; init; }
    public required PodTemplateSpec Template { get; init; }
    public IReadOnlyList<ClaimTemplate>? VolumeClaimTemplates { get; init; }
}

public sealed record StatefulSetUpdateStrategy(string Type);

public sealed record ClaimRetentionPolicy(string WhenDeleted, string WhenScaled);

public sealed record ClaimTemplate(ObjectMeta Metadata, PersistentVolumeClaimSpec Spec);

public sealed record DaemonSet() : KubernetesObject("apps/v1", "DaemonSet")
{
    public required DaemonSetSpec Spec { get; init; }
}

public sealed record DaemonSetSpec
{
    public int? RevisionHistoryLimit { get; init; }
    public int? MinReadySeconds { get; init; }
    public required LabelSelector Selector { get; init; }
    public required DaemonSetUpdateStrategy UpdateStrategy { get; init; }
    public required PodTemplateSpec Template { get; init; }
}

public sealed record DaemonSetUpdateStrategy(string Type)
{
    public RollingUpdate? RollingUpdate { get; init; }
}

public sealed record Job() : KubernetesObject("batch/v1", "Job")
{
    public required JobSpec Spec { get; init; }
}

public sealed record JobSpec
{
    public int? BackoffLimit { get; init; }
    public int? ActiveDeadlineSeconds { get; init; }
    public int? TtlSecondsAfterFinished { get; init; }
    public required PodTemplateSpec Template { get; init; }
}

public sealed record CronJob() : KubernetesObject("batch/v1", "CronJob")
{
    public required CronJobSpec Spec { get; init; }
}

public sealed record CronJobSpec
{
    public required string Schedule { get; init; }
    public string? TimeZone { get; init; }
    public bool? Suspend { get; init; }
    public required string ConcurrencyPolicy { get; init; }
    public required int StartingDeadlineSeconds { get; init; }
    public int? SuccessfulJobsHistoryLimit { get; init; }
    public int? FailedJobsHistoryLimit { get; init; }
    public required JobTemplate JobTemplate { get; init; }
}

public sealed record JobTemplate(ObjectMeta Metadata, JobSpec Spec);

public sealed record PodDisruptionBudget() : KubernetesObject("policy/v1", "PodDisruptionBudget")
{
    public required PodDisruptionBudgetSpec Spec { get; init; }
}

public sealed record PodDisruptionBudgetSpec
{
    public IntOrString? MinAvailable { get; init; }
    public IntOrString? MaxUnavailable { get; init; }
    public required string UnhealthyPodEvictionPolicy { get; init; }
    public required LabelSelector Selector { get; init; }
}

public sealed record PersistentVolumeClaim() : KubernetesObject("v1", "PersistentVolumeClaim")
{
    public required PersistentVolumeClaimSpec Spec { get; init; }
}

public sealed record PersistentVolumeClaimSpec
{
    public required IReadOnlyList<string> AccessModes { get; init; }
    public string? StorageClassName { get; init; }
    public string? VolumeName { get; init; }
    public LabelSelector? Selector { get; init; }
    public required VolumeResources Resources { get; init; }
}

public sealed record VolumeResources(Labels Requests);

public sealed record PersistentVolume() : KubernetesObject("v1", "PersistentVolume")
{
    public required PersistentVolumeSpec Spec { get; init; }
}

public sealed record PersistentVolumeSpec
{
    public required Labels Capacity { get; init; }
    public required IReadOnlyList<string> AccessModes { get; init; }
    public required string PersistentVolumeReclaimPolicy { get; init; }
    public string? VolumeMode { get; init; }
    public required string StorageClassName { get; init; }
    public required ClaimReference ClaimRef { get; init; }
    public IReadOnlyList<string>? MountOptions { get; init; }
    public LocalVolume? Local { get; init; }
    public NfsVolume? Nfs { get; init; }
    public VolumeNodeAffinity? NodeAffinity { get; init; }
}

public sealed record ClaimReference(string Namespace, string Name)
{
    public string ApiVersion { get; } = "v1";
    public string Kind { get; } = "PersistentVolumeClaim";
}

public sealed record LocalVolume(string Path);

public sealed record NfsVolume(string Server, string Path);

public sealed record VolumeNodeAffinity(NodeSelector Required);

public sealed record NodeSelector(IReadOnlyList<NodeSelectorTerm> NodeSelectorTerms);

public sealed record NodeSelectorTerm(IReadOnlyList<LabelSelectorRequirement> MatchExpressions);
