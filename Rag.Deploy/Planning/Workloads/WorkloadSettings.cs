using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Network;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>What holds for one workload after its values were laid over the built-in defaults.</summary>
internal sealed record WorkloadSettings
{
    /// <summary>Group and user of what need not be another one: above 10000, so that it is nobody on the node.</summary>
    public const int NobodyInParticular = 10001;

    public required int Replicas { get; init; }

    public string? SingleReplicaReason { get; init; }

    public AutoscalingValues? Autoscaling { get; init; }

    public QueueScalingValues? QueueScaling { get; init; }

    public required ResourceValues Resources { get; init; }

    public required ProbeValues Probes { get; init; }

    public required ShutdownValues Shutdown { get; init; }

    public required DisruptionValues Disruption { get; init; }

    public required ServiceValues Own { get; init; }

    public required int User { get; init; }

    public required bool WritableRoot { get; init; }

    /// <summary>Arguments of its program, expressions not yet resolved.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary>Folders that it may write, by path, with their sizes.</summary>
    public required OrderedDictionary<string, string> Folders { get; init; }

    /// <summary>The folder that every program may take to be there.</summary>
    public const string TemporaryFolder = "/tmp";

    private const string TemporaryFolderSize = "256Mi";

    // What of a pod's disk no folder of it may take: its output, which the node keeps, and what it is made of.
    private const long BesideFolders = 768L << 20;

    // Of one pod of a service that nobody has measured: enough to start, little enough to see early that it is not enough.
    private static readonly ResourceValues StandardResources = new()
    {
        Requests = new() { Cpu = "100m", Memory = "256Mi", EphemeralStorage = "128Mi" },
        Limits = new() { Cpu = "1", Memory = "512Mi" },
    };

    public static WorkloadSettings For(PlanContext context, WorkloadResource workload)
    {
        var own = ValuesOf(context, workload);
        own = own with { Env = WithPlatforms(context, workload, own.Env) };
        var stateful = IsStateful(workload);
        var folders = FoldersOf(workload, own);
        return new WorkloadSettings
        {
            Own = own,
            Replicas = stateful ? 1 : own.Replicas ?? (IsForeign(workload) ? 1 : 2),
            SingleReplicaReason = own.SingleReplicaReason ?? Reason(workload),
            Autoscaling = stateful ? null : own.Autoscaling,
            QueueScaling = stateful ? null : own.QueueScaling,
            Resources = IndexMemory.Add((own.Resources ?? new ResourceValues()).Or(StandardResources).Or(Disk(folders)), own.EmbeddedIndex),
            Args = own.Args ?? workload.Args,
            Folders = folders,
            Probes = own.Probes ?? new ProbeValues { Kind = workload is ProjectResource ? ProbeKind.Http : workload.Bindings.Count > 0 ? ProbeKind.Tcp : ProbeKind.None },
            Shutdown = own.Shutdown ?? new ShutdownValues(),
            Disruption = own.Disruption ?? new DisruptionValues { MaxUnavailable = "1" },
            User = own.User ?? NobodyInParticular,
            WritableRoot = own.WritableRoot ?? false,
        };
    }

    /// <summary>What the values say of it, or of all.</summary>
    public static ServiceValues ValuesOf(PlanContext context, WorkloadResource workload) =>
        context.Values.Services.GetValueOrDefault(workload.Name) ?? context.Values.Services.GetValueOrDefault(DeployValues.Defaults) ?? new ServiceValues();

    /// <summary>Pods at least and at most, whoever decides about them; while it is rolled out there may be one more.</summary>
    public (int Least, int Most) Pods(PlanContext context) => (Autoscaling, IsQueueScaled(context)) switch
    {
        (_, true) => (QueueScaling!.Min, QueueScaling.Max),
        ({ } scaling, _) => (scaling.Min ?? Replicas, scaling.Max),
        _ => (Replicas, Replicas),
    };

    /// <summary>Its connections to PostgreSQL; null where the app model gives it none, or the values do not say how many.</summary>
    public PoolValues? PoolOf(PlanContext context, WorkloadResource workload) => Own.Pool is { } pool && DatabasesOf(context, workload).Any() ? pool : null;

    /// <summary>The servers of PostgreSQL that the app model connects it with.</summary>
    public static IEnumerable<StoreResource> DatabasesOf(PlanContext context, WorkloadResource workload) =>
        NetworkEdge.Of(context, workload).Select(edge => context.Store(edge.To.Name)).OfType<StoreResource>().Where(static store => store.Kind == StoreKind.Postgres).Distinct();

    /// <summary>Pods beyond the wanted ones while they are replaced.</summary>
    public const int Surge = 1;

    /// <summary>Seconds that a pod has from being told to stop until it is killed: what it waits, what it works off, and a few to end.</summary>
    public static int GraceSeconds(ShutdownValues shutdown) => shutdown.DelaySeconds + shutdown.TimeoutSeconds + 5;

    /// <summary>Whether KEDA scales it.</summary>
    public bool IsQueueScaled(PlanContext context) => QueueScaling is not null && context.Has(Feature.Keda);

    /// <summary>Whether it keeps something in volumes of its own.</summary>
    public static bool IsStateful(WorkloadResource workload) => workload is ContainerResource { Volumes.Count: > 0 };

    // Whether several pods of somebody else's image share what they know, nobody here can tell.
    private static bool IsForeign(WorkloadResource workload) => workload is ContainerResource { Build: null };

    private static string? Reason(WorkloadResource workload) => IsStateful(workload)
        ? "It keeps its state in volumes of its own."
        : IsForeign(workload) ? "Whether several pods of this image share what they know is for the values to say ('replicas')." : null;

    /// <summary>Where the app model mounts something into it: volumes, and what of the developer's machine the values do not leave out.</summary>
    public static IEnumerable<string> MountsOf(WorkloadResource workload, ServiceValues own) => workload is ContainerResource container
        ? container.Volumes.Select(static volume => volume.Target).Concat(container.BindMounts.Select(static mount => mount.Target).Except(own.OmitMounts, StringComparer.Ordinal)).Select(MountPath)
        : [];

    /// <summary>A path as it is compared with others: the app model may end it with a slash.</summary>
    public static string MountPath(string path) => path.Length > 1 ? path.TrimEnd('/') : path;

    private static OrderedDictionary<string, string> FoldersOf(WorkloadResource workload, ServiceValues own)
    {
        var folders = new OrderedDictionary<string, string>(StringComparer.Ordinal) { [TemporaryFolder] = TemporaryFolderSize };
        foreach (var (path, size) in own.Scratch)
        {
            folders[path] = size;
        }

        // A container takes one thing at each path, and what the app model has there is meant.
        foreach (var path in MountsOf(workload, own))
        {
            folders.Remove(path);
        }

        return folders;
    }

    // The node throws a pod out that takes more of its disk than the limit, whatever room its folders were promised.
    private static ResourceValues Disk(OrderedDictionary<string, string> folders) =>
        new() { Limits = new() { EphemeralStorage = Quantities.Text(folders.Values.Sum(Quantities.Bytes) + BesideFolders) } };

    private static OrderedDictionary<string, string?> WithPlatforms(PlanContext context, WorkloadResource workload, OrderedDictionary<string, string?> own)
    {
        var all = new OrderedDictionary<string, string?>(own, StringComparer.Ordinal);
        foreach (var (name, text) in PlatformVariables.Of(context, workload))
        {
            all.TryAdd(name, text);
        }

        return all;
    }
}
