using System.Text.Json;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>A namespace at one moment, with what its diagnosis needs of the cluster around it. Null means that it may not be looked at.</summary>
internal sealed record Snapshot
{
    public required string Namespace { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What a command for this namespace begins with.</summary>
    public string Kubectl { get; init; } = "kubectl";

    public IReadOnlyList<ApiWorkload> Workloads { get; init; } = [];

    public IReadOnlyList<ApiPod> Pods { get; init; } = [];

    public IReadOnlyList<ApiClaim> Claims { get; init; } = [];

    public IReadOnlyList<ApiAutoscaler> Autoscalers { get; init; } = [];

    public IReadOnlyList<ApiIngress> Ingresses { get; init; } = [];

    public IReadOnlyList<ApiRoute> Routes { get; init; } = [];

    public IReadOnlyList<ApiJob> Jobs { get; init; } = [];

    public IReadOnlyList<ApiCronJob> CronJobs { get; init; } = [];

    public IReadOnlyList<ApiEvent> Events { get; init; } = [];

    public IReadOnlyList<ApiService> Services { get; init; } = [];

    public IReadOnlyList<ApiEndpointSlice> Endpoints { get; init; } = [];

    /// <summary>Types that these credentials may not list, such as <c>cronjobs</c>; of them nothing is known.</summary>
    public IReadOnlyList<string> Unseen { get; init; } = [];

    /// <summary>Jobs of the manifests; others are left over from a version before, or somebody else's. Null: it is not known which are.</summary>
    public IReadOnlySet<string>? OwnJobs { get; init; }

    public IReadOnlyList<ApiVolume>? Volumes { get; init; }

    public IReadOnlyList<ApiStorageClass>? StorageClasses { get; init; }

    public IReadOnlyList<ApiNode>? Nodes { get; init; }

    public IReadOnlySet<string>? Secrets { get; init; }

    /// <summary>What crashed containers said last, by pod and container.</summary>
    public IReadOnlyDictionary<(string Pod, string Container), string> LastWords { get; init; } = new Dictionary<(string, string), string>();

    /// <summary>Sorts what the server lists of a namespace.</summary>
    public static Snapshot Of(string name, DateTimeOffset now, IReadOnlyList<JsonElement> items) => new()
    {
        Namespace = name,
        Now = now,
        Workloads = ApiJson.Of<ApiWorkload>(items, [.. TreeFacts.Rolling]),
        Pods = ApiJson.Of<ApiPod>(items, "Pod"),
        Claims = ApiJson.Of<ApiClaim>(items, "PersistentVolumeClaim"),
        Autoscalers = ApiJson.Of<ApiAutoscaler>(items, "HorizontalPodAutoscaler"),
        Ingresses = ApiJson.Of<ApiIngress>(items, "Ingress"),
        Routes = ApiJson.Of<ApiRoute>(items, "HTTPRoute"),
        Jobs = ApiJson.Of<ApiJob>(items, "Job"),
        CronJobs = ApiJson.Of<ApiCronJob>(items, "CronJob"),
        Events = ApiJson.Of<ApiEvent>(items, "Event"),
        Services = ApiJson.Of<ApiService>(items, "Service"),
        Endpoints = ApiJson.Of<ApiEndpointSlice>(items, "EndpointSlice"),
    };

    /// <summary>Whether a volume is kept for a claim of this namespace, which then needs nobody who makes one.</summary>
    public bool IsReserved(string claim) => Volumes?.Any(volume => volume.Spec.ClaimRef is { } reserved && reserved.Name == claim && reserved.Namespace == Namespace) == true;

    /// <summary>Events about one object, the newest first.</summary>
    public IEnumerable<ApiEvent> About(string kind, string name) =>
        Events.Where(one => one.InvolvedObject.Kind == kind && one.InvolvedObject.Name == name).OrderByDescending(static one => one.Seen);
}
