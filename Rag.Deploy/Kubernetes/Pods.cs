namespace Rag.Deploy.Kubernetes;

public sealed record PodTemplateSpec(ObjectMeta Metadata, PodSpec Spec);

public sealed record PodSpec
{
    public string? ServiceAccountName { get; init; }
    public bool? AutomountServiceAccountToken { get; init; }
    public bool? EnableServiceLinks { get; init; }
    public string? PriorityClassName { get; init; }
    public string? RuntimeClassName { get; init; }
    public string? RestartPolicy { get; init; }
    public int? TerminationGracePeriodSeconds { get; init; }
    public IReadOnlyList<LocalObjectReference>? ImagePullSecrets { get; init; }
    public PodSecurityContext? SecurityContext { get; init; }
    public IReadOnlyList<TopologySpreadConstraint>? TopologySpreadConstraints { get; init; }
    public Labels? NodeSelector { get; init; }
    public IReadOnlyList<Toleration>? Tolerations { get; init; }
    public IReadOnlyList<Container>? InitContainers { get; init; }
    public required IReadOnlyList<Container> Containers { get; init; }
    public IReadOnlyList<Volume>? Volumes { get; init; }
}

public sealed record Container
{
    public required string Name { get; init; }
    public required string Image { get; init; }
    public required string ImagePullPolicy { get; init; }
    public IReadOnlyList<string>? Command { get; init; }
    public IReadOnlyList<string>? Args { get; init; }
    public IReadOnlyList<ContainerPort>? Ports { get; init; }
    public IReadOnlyList<EnvFromSource>? EnvFrom { get; init; }
    public IReadOnlyList<EnvVar>? Env { get; init; }
    public ResourceRequirements? Resources { get; init; }
    public Probe? StartupProbe { get; init; }
    public Probe? ReadinessProbe { get; init; }
    public Probe? LivenessProbe { get; init; }
    public Lifecycle? Lifecycle { get; init; }
    public SecurityContext? SecurityContext { get; init; }
    public IReadOnlyList<ContainerVolumeMount>? VolumeMounts { get; init; }
}

public sealed record ContainerPort(string Name, int ContainerPortNumber, string? Protocol = null)
{
    [System.Text.Json.Serialization.JsonPropertyName("containerPort")]
    public int ContainerPortNumber { get; } = ContainerPortNumber;
}

public sealed record EnvFromSource
{
    public LocalObjectReference? ConfigMapRef { get; init; }
    public LocalObjectReference? SecretRef { get; init; }
}

public sealed record EnvVar(string Name)
{
    public string? Value { get; init; }
    public EnvVarSource? ValueFrom { get; init; }
}

public sealed record EnvVarSource
{
    public KeySelector? SecretKeyRef { get; init; }
    public KeySelector? ConfigMapKeyRef { get; init; }
    public ObjectFieldSelector? FieldRef { get; init; }
}

public sealed record KeySelector(string Name, string Key);

public sealed record ObjectFieldSelector(string FieldPath);

public sealed record ResourceRequirements(Labels? Requests, Labels? Limits);

public sealed record Probe
{
    public HttpGetAction? HttpGet { get; init; }
    public TcpSocketAction? TcpSocket { get; init; }
    public ExecAction? Exec { get; init; }
    public int? InitialDelaySeconds { get; init; }
    public int? PeriodSeconds { get; init; }
    public int? TimeoutSeconds { get; init; }
    public int? FailureThreshold { get; init; }
    public int? SuccessThreshold { get; init; }
}

public sealed record HttpGetAction(string Path, IntOrString Port, string Scheme = "HTTP");

public sealed record TcpSocketAction(IntOrString Port);

public sealed record ExecAction(IReadOnlyList<string> Command);

public sealed record Lifecycle(LifecycleHandler PreStop);

public sealed record LifecycleHandler
{
    public SleepAction? Sleep { get; init; }
    public ExecAction? Exec { get; init; }
}

public sealed record SleepAction(int Seconds);

public sealed record PodSecurityContext
{
    public bool? RunAsNonRoot { get; init; }
    public long? RunAsUser { get; init; }
    public long? RunAsGroup { get; init; }
    public long? FsGroup { get; init; }
    public string? FsGroupChangePolicy { get; init; }
    public SeccompProfile? SeccompProfile { get; init; }
    public AppArmorProfile? AppArmorProfile { get; init; }
    public IReadOnlyList<Sysctl>? Sysctls { get; init; }
}

public sealed record AppArmorProfile(string Type);

public sealed record Sysctl(string Name, string Value);

public sealed record SecurityContext
{
    public bool? AllowPrivilegeEscalation { get; init; }
    public bool? Privileged { get; init; }
    public bool? ReadOnlyRootFilesystem { get; init; }
    public bool? RunAsNonRoot { get; init; }
    public long? RunAsUser { get; init; }
    public long? RunAsGroup { get; init; }
    public Capabilities? Capabilities { get; init; }
    public SeccompProfile? SeccompProfile { get; init; }
}

public sealed record Capabilities
{
    public IReadOnlyList<string>? Add { get; init; }
    public IReadOnlyList<string>? Drop { get; init; }
}

public sealed record SeccompProfile(string Type);

public sealed record TopologySpreadConstraint(int MaxSkew, string TopologyKey, string WhenUnsatisfiable, LabelSelector LabelSelector);

public sealed record Toleration
{
    public string? Key { get; init; }
    public string? Operator { get; init; }
    public string? Value { get; init; }
    public string? Effect { get; init; }
}

public sealed record ContainerVolumeMount(string Name, string MountPath)
{
    public string? SubPath { get; init; }
    public bool? ReadOnly { get; init; }
}

public sealed record Volume(string Name)
{
    public EmptyDirVolume? EmptyDir { get; init; }
    public ConfigMapVolume? ConfigMap { get; init; }
    public SecretVolume? Secret { get; init; }
    public PersistentVolumeClaimVolume? PersistentVolumeClaim { get; init; }
    public ProjectedVolume? Projected { get; init; }
}

public sealed record EmptyDirVolume
{
    public string? Medium { get; init; }
    public string? SizeLimit { get; init; }
}

public sealed record ConfigMapVolume(string Name)
{
    public IReadOnlyList<KeyToPath>? Items { get; init; }
    public int? DefaultMode { get; init; }
}

public sealed record SecretVolume(string SecretName)
{
    public IReadOnlyList<KeyToPath>? Items { get; init; }
    public int? DefaultMode { get; init; }
    public bool? Optional { get; init; }
}

public sealed record KeyToPath(string Key, string Path);

public sealed record PersistentVolumeClaimVolume(string ClaimName)
{
    public bool? ReadOnly { get; init; }
}

public sealed record ProjectedVolume(IReadOnlyList<VolumeProjection> Sources)
{
    public int? DefaultMode { get; init; }
}

public sealed record VolumeProjection
{
    public ProjectedSource? Secret { get; init; }
    public ProjectedSource? ConfigMap { get; init; }
}

public sealed record ProjectedSource(string Name)
{
    public IReadOnlyList<KeyToPath>? Items { get; init; }
    public bool? Optional { get; init; }
}
