namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>What is known to go wrong on clusters, and is recognised.</summary>
internal enum ProblemKind
{
    /// <summary>Server or client is older than the manifests need.</summary>
    VersionTooLow,

    /// <summary>The cluster lacks a type, because whoever brings it is not installed.</summary>
    MissingType,

    /// <summary>A Secret, a ConfigMap, or a key of one is not there.</summary>
    MissingConfiguration,

    /// <summary>The registry wants other credentials, or any.</summary>
    RegistryUnauthorized,

    /// <summary>The registry has no such image.</summary>
    ImageNotFound,

    /// <summary>The registry cannot be reached, or is not trusted.</summary>
    RegistryUnreachable,

    /// <summary>The image could not be fetched for another reason.</summary>
    ImagePull,

    /// <summary>A claim names no storage class, or one without anybody who makes volumes.</summary>
    NoProvisioner,

    /// <summary>A claim names a storage class that is not there.</summary>
    MissingStorageClass,

    /// <summary>A volume could not be made, found or mounted.</summary>
    Volume,

    /// <summary>No node has the accelerator that a pod asks for.</summary>
    NoAccelerator,

    /// <summary>No node has enough processor time left.</summary>
    InsufficientCpu,

    /// <summary>No node has enough memory left.</summary>
    InsufficientMemory,

    /// <summary>Every node that would do refuses pods that do not tolerate its taint.</summary>
    Taint,

    /// <summary>No node will do for another reason.</summary>
    Unschedulable,

    /// <summary>A container ends again and again.</summary>
    CrashLoop,

    /// <summary>A container was killed because it wanted more memory than its limit.</summary>
    OutOfMemory,

    /// <summary>A container runs and does not become ready.</summary>
    NotReady,

    /// <summary>A container or pod is refused before it starts: by security rules, a quota, a missing class.</summary>
    Refused,

    /// <summary>A node threw a pod out.</summary>
    Evicted,

    /// <summary>A job gave up.</summary>
    JobFailed,

    /// <summary>The last copy of the data is not the one that was due.</summary>
    BackupFailed,

    /// <summary>An autoscaler has nothing to go by.</summary>
    NoMetrics,

    /// <summary>Nobody serves a route.</summary>
    RouteUnserved,

    /// <summary>Nobody answers at a Service.</summary>
    ServiceUnserved,

    /// <summary>A pod gets no network of its own.</summary>
    PodNetwork,

    /// <summary>The Secret of this checkout is not the one that the platform was made with.</summary>
    OtherSecrets,
}

/// <summary>Something that is wrong, and the way out.</summary>
/// <param name="Kind">What it was recognised as.</param>
/// <param name="Subject">The workload, claim or route, as its owner calls it.</param>
/// <param name="What">What happened and why, as one sentence.</param>
/// <param name="Fix">What to do.</param>
internal sealed record Problem(ProblemKind Kind, string Subject, string What, string Fix)
{
    /// <summary>Whether everything works for now all the same.</summary>
    public bool IsWarning { get; init; }

    /// <summary>Whether it stays as it is for as long as nobody changes what was applied: there is nothing to wait for.</summary>
    public bool IsFinal { get; init; }
}
