using System.Text.Json;

namespace Rag.Cli.Deployment.Clusters;

// More of what is read of an API server's answers: everything but workloads and pods. See ApiObjects.cs.

internal sealed record ApiClaim
{
    public ApiMeta Metadata { get; init; } = new();
    public ApiClaimSpec Spec { get; init; } = new();
    public ApiClaimStatus Status { get; init; } = new();
}

internal sealed record ApiClaimSpec
{
    public string? StorageClassName { get; init; }
    public ApiResources Resources { get; init; } = new();
}

internal sealed record ApiClaimStatus
{
    public string Phase { get; init; } = "";
    public IReadOnlyDictionary<string, string> Capacity { get; init; } = new Dictionary<string, string>();
}

internal sealed record ApiStorageClass
{
    public ApiMeta Metadata { get; init; } = new();
    public string Provisioner { get; init; } = "";

    public bool IsDefault => Metadata.Annotations.GetValueOrDefault("storageclass.kubernetes.io/is-default-class") == "true";
}

internal sealed record ApiAutoscaler
{
    public ApiMeta Metadata { get; init; } = new();
    public ApiAutoscalerSpec Spec { get; init; } = new();
    public ApiAutoscalerStatus Status { get; init; } = new();
}

internal sealed record ApiAutoscalerSpec
{
    public int? MinReplicas { get; init; }
    public int MaxReplicas { get; init; }
    public IReadOnlyList<ApiMetric> Metrics { get; init; } = [];
}

internal sealed record ApiAutoscalerStatus
{
    public int CurrentReplicas { get; init; }
    public int DesiredReplicas { get; init; }
    public IReadOnlyList<ApiMetric>? CurrentMetrics { get; init; }
    public IReadOnlyList<ApiCondition> Conditions { get; init; } = [];
}

internal sealed record ApiMetric
{
    public ApiResourceMetric? Resource { get; init; }
}

internal sealed record ApiResourceMetric
{
    public string Name { get; init; } = "";
    public ApiMetricValue? Current { get; init; }
    public ApiMetricValue? Target { get; init; }
}

internal sealed record ApiMetricValue(int? AverageUtilization);

internal sealed record ApiIngress
{
    public ApiMeta Metadata { get; init; } = new();
    public ApiIngressSpec Spec { get; init; } = new();
    public ApiIngressStatus Status { get; init; } = new();
}

internal sealed record ApiIngressSpec
{
    public string? IngressClassName { get; init; }
    public IReadOnlyList<ApiIngressTls> Tls { get; init; } = [];
    public IReadOnlyList<ApiIngressRule> Rules { get; init; } = [];
}

internal sealed record ApiIngressTls
{
    public IReadOnlyList<string> Hosts { get; init; } = [];
}

internal sealed record ApiIngressRule
{
    public string? Host { get; init; }
    public JsonElement Http { get; init; }
}

internal sealed record ApiIngressStatus
{
    public JsonElement LoadBalancer { get; init; }
}

internal sealed record ApiRoute
{
    public ApiMeta Metadata { get; init; } = new();
    public ApiRouteSpec Spec { get; init; } = new();
    public ApiRouteStatus Status { get; init; } = new();
}

internal sealed record ApiRouteSpec
{
    public IReadOnlyList<string> Hostnames { get; init; } = [];
    public IReadOnlyList<ApiParent> ParentRefs { get; init; } = [];
}

internal sealed record ApiParent(string Name, string? Namespace);

internal sealed record ApiRouteStatus
{
    public IReadOnlyList<ApiRouteParent> Parents { get; init; } = [];
}

internal sealed record ApiRouteParent
{
    public IReadOnlyList<ApiCondition> Conditions { get; init; } = [];
}

internal sealed record ApiJob
{
    public ApiMeta Metadata { get; init; } = new();
    public ApiJobStatus Status { get; init; } = new();
}

internal sealed record ApiJobStatus
{
    public int Active { get; init; }
    public int Succeeded { get; init; }
    public int Failed { get; init; }
    public DateTimeOffset? StartTime { get; init; }
    public DateTimeOffset? CompletionTime { get; init; }
    public IReadOnlyList<ApiCondition> Conditions { get; init; } = [];
}

internal sealed record ApiCronJob
{
    public ApiMeta Metadata { get; init; } = new();
    public ApiCronJobSpec Spec { get; init; } = new();
    public ApiCronJobStatus Status { get; init; } = new();

    /// <summary>Whether it is there to be started by hand, as the load test. A backup that is suspended is none: somebody has stopped it.</summary>
    public bool IsOnRequest => Spec.Suspend && !Metadata.Name.EndsWith("-backup", StringComparison.Ordinal);
}

internal sealed record ApiCronJobSpec
{
    public string Schedule { get; init; } = "";
    public bool Suspend { get; init; }
}

internal sealed record ApiCronJobStatus
{
    public IReadOnlyList<ApiReference> Active { get; init; } = [];
    public DateTimeOffset? LastScheduleTime { get; init; }
    public DateTimeOffset? LastSuccessfulTime { get; init; }
}

internal sealed record ApiEvent
{
    public ApiMeta Metadata { get; init; } = new();
    public string Type { get; init; } = "";
    public string Reason { get; init; } = "";
    public string Message { get; init; } = "";
    public DateTimeOffset? LastTimestamp { get; init; }
    public DateTimeOffset? EventTime { get; init; }
    public ApiEventSeries? Series { get; init; }
    public ApiOwner InvolvedObject { get; init; } = new("", "");

    /// <summary>When it was seen last: which of the fields says it depends on who reported it.</summary>
    public DateTimeOffset? Seen => Series?.LastObservedTime ?? LastTimestamp ?? EventTime ?? Metadata.CreationTimestamp;
}

internal sealed record ApiEventSeries(DateTimeOffset? LastObservedTime);

internal sealed record ApiNode
{
    public ApiMeta Metadata { get; init; } = new();
    public ApiNodeStatus Status { get; init; } = new();
}

internal sealed record ApiNodeStatus
{
    public IReadOnlyDictionary<string, string> Allocatable { get; init; } = new Dictionary<string, string>();
}
