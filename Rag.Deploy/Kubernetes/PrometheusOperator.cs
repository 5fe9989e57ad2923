namespace Rag.Deploy.Kubernetes;

/// <summary>Rules for the Prometheus of the Prometheus operator (https://prometheus-operator.dev).</summary>
public sealed record PrometheusRule() : KubernetesObject("monitoring.coreos.com/v1", "PrometheusRule")
{
    public required RuleFile Spec { get; init; }
}

/// <summary>What stands in a file of rules, and in the specification of a <see cref="PrometheusRule"/>: Prometheus' own form.</summary>
public sealed record RuleFile(IReadOnlyList<RuleGroup> Groups);

public sealed record RuleGroup(string Name, IReadOnlyList<AlertingRule> Rules);

public sealed record AlertingRule(string Alert, string Expr)
{
    public string? For { get; init; }
    public required Labels Labels { get; init; }
    public required Labels Annotations { get; init; }
}

/// <summary>Tells the operator's Prometheus which Services to scrape.</summary>
public sealed record ServiceMonitor() : KubernetesObject("monitoring.coreos.com/v1", "ServiceMonitor")
{
    public required ServiceMonitorSpec Spec { get; init; }
}

public sealed record ServiceMonitorSpec(LabelSelector Selector, IReadOnlyList<MonitorEndpoint> Endpoints);

public sealed record MonitorEndpoint(string Port, string Interval)
{
    public bool? HonorLabels { get; init; }
}
