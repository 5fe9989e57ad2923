using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning.Monitoring.Alerts;

/// <summary>Something that a person is told of. Its page in <c>docs/runbooks</c> has its name.</summary>
/// <param name="Name">The same in every environment.</param>
/// <param name="Severity">How soon somebody has to look.</param>
/// <param name="From">Who measures what it looks at: where nobody does, it is left out.</param>
internal sealed record Alert(string Name, Severity Severity, MetricSource From)
{
    /// <summary>True while something is wrong; its labels say what.</summary>
    public required string Expr { get; init; }

    /// <summary>How long it has to be wrong; null: at once.</summary>
    public string? For { get; init; }

    /// <summary>What is the matter, for the subject of a message.</summary>
    public required string Summary { get; init; }

    /// <summary>What it means for people, with the number.</summary>
    public required string Description { get; init; }

    /// <summary>As Prometheus reads it.</summary>
    public AlertingRule Rule(string runbooks) => new(Name, Expr)
    {
        For = For,
        Labels = new Labels { ["severity"] = Severity == Severity.Critical ? "critical" : "warning" },
        Annotations = new Labels { ["summary"] = Summary, ["description"] = Description, ["runbook_url"] = $"{runbooks.TrimEnd('/')}/{Name}.md" },
    };
}

/// <summary>How soon somebody has to look.</summary>
internal enum Severity
{
    /// <summary>During working hours.</summary>
    Warning,

    /// <summary>At once: people notice, or data is at risk.</summary>
    Critical,
}

/// <summary>Who measures.</summary>
internal enum MetricSource
{
    /// <summary>The platform's services and the collector.</summary>
    Platform,

    /// <summary>kube-state-metrics.</summary>
    KubeState,

    /// <summary>The node's kubelet, and what else a whole monitoring of the cluster sees.</summary>
    Cluster,
}
