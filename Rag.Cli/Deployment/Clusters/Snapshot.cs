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
    };

    /// <summary>Events about one object, the newest first.</summary>
    public IEnumerable<ApiEvent> About(string kind, string name) =>
        Events.Where(one => one.InvolvedObject.Kind == kind && one.InvolvedObject.Name == name).OrderByDescending(static one => one.Seen);
}
