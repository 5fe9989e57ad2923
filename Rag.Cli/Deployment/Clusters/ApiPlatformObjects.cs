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
    public IReadOnlyList<string> AccessModes { get; init; } = [];
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

internal sealed record ApiVolume
{
    public ApiMeta Metadata { get; init; } = new();
    public ApiVolumeSpec Spec { get; init; } = new();
}

internal sealed record ApiVolumeSpec
{
    public ApiClaimReference? ClaimRef { get; init; }
}

internal sealed record ApiClaimReference(string? Namespace, string? Name);

internal sealed record ApiService
{
    public ApiMeta Metadata { get; init; } = new();
    public ApiServiceSpec Spec { get; init; } = new();
}

internal sealed record ApiServiceSpec
{
    public IReadOnlyDictionary<string, string> Selector { get; init; } = new Dictionary<string, string>();
    public string? Type { get; init; }
    public string? ClusterIP { get; init; }
    public IReadOnlyList<ApiServicePort> Ports { get; init; } = [];
}

internal sealed record ApiServicePort(string? Name, int Port);

/// <summary>Part of the addresses of a Service; its label says whose.</summary>
internal sealed record ApiEndpointSlice
{
    public ApiMeta Metadata { get; init; } = new();
    public IReadOnlyList<ApiEndpoint>? Endpoints { get; init; }

    public string? Service => Metadata.Labels.GetValueOrDefault("kubernetes.io/service-name");
}

internal sealed record ApiEndpoint
{
    public IReadOnlyList<string> Addresses { get; init; } = [];
    public ApiEndpointConditions Conditions { get; init; } = new();
    public ApiOwner? TargetRef { get; init; }
}

internal sealed record ApiEndpointConditions(bool? Ready = null);

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
    public IReadOnlyList<ApiMetric>? CurrentMetrics { get; init; }
    public IReadOnlyList<ApiCondition> Conditions { get; init; } = [];
}

internal sealed record ApiMetric
{
    public ApiResourceMetric? Resource { get; init; }
    public ApiExternalMetric? External { get; init; }
}

internal sealed record ApiResourceMetric
{
    public string Name { get; init; } = "";
    public ApiMetricValue? Current { get; init; }
    public ApiMetricValue? Target { get; init; }
}

internal sealed record ApiExternalMetric
{
    public ApiNamed Metric { get; init; } = new();
    public ApiMetricValue? Current { get; init; }
    public ApiMetricValue? Target { get; init; }
}

internal sealed record ApiNamed
{
    public string Name { get; init; } = "";
}

/// <param name="AverageUtilization">Percent of what is requested.</param>
/// <param name="AverageValue">For each pod, as a quantity.</param>
/// <param name="Value">Of all pods, as a quantity.</param>
internal sealed record ApiMetricValue(int? AverageUtilization, string? AverageValue, string? Value)
{
    public string? Text => AverageUtilization is { } percent ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{percent} %") : AverageValue ?? Value;
}

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
    public ApiJobSpec Spec { get; init; } = new();
    public ApiJobStatus Status { get; init; } = new();
}

internal sealed record ApiJobSpec(int? TtlSecondsAfterFinished = null);

internal sealed record ApiJobStatus
{
    public int Active { get; init; }
    public int Succeeded { get; init; }
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
    public ApiNodeSpec Spec { get; init; } = new();
    public ApiNodeStatus Status { get; init; } = new();
}

internal sealed record ApiNodeSpec
{
    public IReadOnlyList<ApiTaint> Taints { get; init; } = [];
}

internal sealed record ApiTaint(string Key, string? Value, string Effect)
{
    /// <summary>Whether a pod may run in spite of it (https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/).</summary>
    public bool IsTolerated(IEnumerable<ApiToleration> tolerations) => tolerations.Any(one =>
        (one.Effect is null or "" || one.Effect == Effect)
        && (string.IsNullOrEmpty(one.Key) ? one.Operator == "Exists" : one.Key == Key && (one.Operator == "Exists" || (one.Value ?? "") == (Value ?? ""))));

    public override string ToString() => $"{Key}{(string.IsNullOrEmpty(Value) ? "" : $"={Value}")}:{Effect}";
}

internal sealed record ApiNodeStatus
{
    public IReadOnlyDictionary<string, string> Allocatable { get; init; } = new Dictionary<string, string>();
}
