namespace Rag.Deploy.Kubernetes;

public sealed record HorizontalPodAutoscaler() : KubernetesObject("autoscaling/v2", "HorizontalPodAutoscaler")
{
    public required HorizontalPodAutoscalerSpec Spec { get; init; }
}

public sealed record HorizontalPodAutoscalerSpec
{
    public required ScaleTarget ScaleTargetRef { get; init; }
    public required int MinReplicas { get; init; }
    public required int MaxReplicas { get; init; }
    public required IReadOnlyList<MetricSpec> Metrics { get; init; }
    public required ScalingBehavior Behavior { get; init; }
}

public sealed record ScaleTarget(string ApiVersion, string Kind, string Name);

public sealed record MetricSpec(string Type)
{
    public ResourceMetric? Resource { get; init; }
}

public sealed record ResourceMetric(string Name, MetricTarget Target);

public sealed record MetricTarget(string Type, int AverageUtilization);

public sealed record ScalingBehavior(ScalingRules ScaleUp, ScalingRules ScaleDown);

public sealed record ScalingRules
{
    public required int StabilizationWindowSeconds { get; init; }
    public string? SelectPolicy { get; init; }
    public required IReadOnlyList<ScalingPolicy> Policies { get; init; }
}

public sealed record ScalingPolicy(string Type, int Value, int PeriodSeconds);

public sealed record ScaledObject() : KubernetesObject("keda.sh/v1alpha1", "ScaledObject")
{
    public required ScaledObjectSpec Spec { get; init; }
}

public sealed record ScaledObjectSpec
{
    public required ScaleTarget ScaleTargetRef { get; init; }
    public required int MinReplicaCount { get; init; }
    public required int MaxReplicaCount { get; init; }
    public int? PollingInterval { get; init; }
    public int? CooldownPeriod { get; init; }
    public required IReadOnlyList<ScaleTrigger> Triggers { get; init; }
}

public sealed record ScaleTrigger(string Type, Labels Metadata)
{
    public LocalObjectReference? AuthenticationRef { get; init; }
}

public sealed record TriggerAuthentication() : KubernetesObject("keda.sh/v1alpha1", "TriggerAuthentication")
{
    public required TriggerAuthenticationSpec Spec { get; init; }
}

public sealed record TriggerAuthenticationSpec(IReadOnlyList<SecretTarget> SecretTargetRef);

public sealed record SecretTarget(string Parameter, string Name, string Key);
