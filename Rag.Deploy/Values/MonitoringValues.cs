using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Rag.Deploy.Values;

/// <summary>Who watches the platform. One line is enough: <c>monitoring: { mode: operator }</c>.</summary>
public sealed record MonitoringValues
{
    [Description("none: nobody; operator: the Prometheus of the Prometheus operator, whose definitions the cluster must have; bundled: a small Prometheus in this namespace; external: whoever scrapes by annotations, or takes metrics by OTLP.")]
    public MonitoringMode Mode { get; init; } = MonitoringMode.None;

    [Description("operator: labels of the PrometheusRule and the ServiceMonitor, by which its Prometheus chooses them, such as release: kube-prometheus-stack.")]
    public OrderedDictionary<string, string> Labels { get; init; } = [];

    [Description("Labels of a namespace, for the network policy. operator, external: of the one that Prometheus runs in; bundled: of the one that asks ours, such as Grafana's.")]
    public OrderedDictionary<string, string> FromNamespace { get; init; } = new() { ["kubernetes.io/metadata.name"] = "monitoring" };

    [Description("Where the runbooks are, such as https://git.example.com/rag/docs/runbooks; default: their place in the repository.")]
    [HttpUrl]
    public string? Runbooks { get; init; }

    [Description("The OpenTelemetry collector that takes traces, metrics and logs of the services.")]
    public CollectorValues Collector { get; init; } = new();

    [Description("bundled: the Prometheus.")]
    public PrometheusValues Prometheus { get; init; } = new();

    [Description("From when on somebody is told.")]
    public AlertValues Alerts { get; init; } = new();

    [Description("Dashboards for Grafana, as ConfigMaps that its sidecar finds by a label.")]
    public DashboardValues Dashboards { get; init; } = new();
}

/// <summary>Who watches.</summary>
public enum MonitoringMode
{
    /// <summary>Nobody.</summary>
    None,

    /// <summary>The Prometheus of an operator.</summary>
    Operator,

    /// <summary>One of our own.</summary>
    Bundled,

    /// <summary>Somebody else.</summary>
    External,
}

/// <summary>The OpenTelemetry collector.</summary>
public sealed record CollectorValues
{
    [Description("Image with the components of the core distribution.")]
    [PinnedImage]
    public string Image { get; init; } = "docker.io/otel/opentelemetry-collector:0.159.0";

    [Description("What its pod gets; it refuses telemetry above 80 % of the memory.")]
    public ResourceValues? Resources { get; init; }

    [Description("Where traces and logs go on to, by OTLP over HTTP. Without it they end in the collector; logs are on the pods' output in any case.")]
    public OtlpValues? Otlp { get; init; }
}

/// <summary>A receiver of OTLP.</summary>
public sealed record OtlpValues
{
    [Description("Root of its OTLP/HTTP interface, such as http://tempo.monitoring:4318.")]
    [HttpUrl]
    public required string Endpoint { get; init; }

    [Description("Whether metrics go there too, such as into the OTLP receiver of a Prometheus; they can be scraped in any case.")]
    public bool Metrics { get; init; }

    [Description("Secret whose key 'authorization' holds the whole header of that name; default: none is sent.")]
    [DnsName]
    public string? AuthorizationSecret { get; init; }

    [Description("Namespace that it runs in, for the network policy; default: it is outside of the cluster.")]
    [DnsLabel]
    public string? Namespace { get; init; }

    [Description("Outside: range of addresses that it is in, for the network policy; default: the endpoint's own where it is an address, any where it is a name.")]
    [RegularExpression(@"([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])", ErrorMessage = "a range such as 203.0.113.0/24")]
    public string? Cidr { get; init; }
}

/// <summary>A Prometheus in the namespace.</summary>
public sealed record PrometheusValues
{
    [Description("Image of Prometheus.")]
    [PinnedImage]
    public string Image { get; init; } = "docker.io/prom/prometheus:v3.5.0";

    [Description("Size of its claim, of which it fills four fifths.")]
    [Bytes]
    public string Storage { get; init; } = "20Gi";

    [Description("Storage class of its claim; default: the cluster's.")]
    [DnsName]
    public string? StorageClass { get; init; }

    [Description("How long metrics are kept.")]
    [RegularExpression("[1-9][0-9]{0,3}(h|d|w|y)", ErrorMessage = "a time such as 12h or 15d")]
    public string Retention { get; init; } = "15d";

    [Description("What its pod gets.")]
    public ResourceValues? Resources { get; init; }

    [Description("Where kube-state-metrics is; without it nobody is told of restarts, autoscalers and backups.")]
    [ClusterAddress]
    public string? KubeStateMetrics { get; init; }

    [Description("Where the Alertmanager is; without it alerts are seen in Prometheus only.")]
    [ClusterAddress]
    public string? Alertmanager { get; init; }
}

/// <summary>Thresholds.</summary>
public sealed record AlertValues
{
    [Description("Percent of the requests that are to succeed over 30 days; alerts tell when they would not at the current rate.")]
    [RegularExpression(@"9[0-9](\.[0-9]{1,3})?", ErrorMessage = "a percentage from 90 to 99.999, in quotes")]
    public string Availability { get; init; } = "99.5";

    [Description("Milliseconds within which 95 of 100 searches are to end.")]
    [Range(10, 60000)]
    public int SearchMilliseconds { get; init; } = 1000;

    [Description("Milliseconds within which 95 of 100 answers are to begin.")]
    [Range(100, 300000)]
    public int FirstTokenMilliseconds { get; init; } = 5000;

    [Description("Minutes that a document may wait in the queue.")]
    [Range(1, 1440)]
    public int QueueMinutes { get; init; } = 15;

    [Description("Documents per hour that may end with the failed work.")]
    [Range(0, 1000000)]
    public int DeadLettersPerHour { get; init; } = 5;

    [Description("Seconds that the index may be behind the database.")]
    [Range(1, 86400)]
    public int IndexLagSeconds { get; init; } = 300;

    [Description("Percent of a claim that have to be free.")]
    [Range(1, 90)]
    public int ClaimFreePercent { get; init; } = 15;

    [Description("Hours after which there has to be a new copy of PostgreSQL.")]
    [Range(1, 10000)]
    public int BackupHours { get; init; } = 26;

    [Description("Days before its end on which a certificate has to be renewed.")]
    [Range(1, 365)]
    public int CertificateDays { get; init; } = 14;

    [Description("Names of alerts that are left out.")]
    public IReadOnlyList<string> Omit { get; init; } = [];
}

/// <summary>Dashboards.</summary>
public sealed record DashboardValues
{
    [Description("Whether they are written.")]
    public bool Enabled { get; init; } = true;

    [Description("Label that Grafana's sidecar looks for.")]
    [LabelKey]
    public string Label { get; init; } = "grafana_dashboard";

    [Description("Value of that label.")]
    [LabelValue]
    public string LabelValue { get; init; } = "1";
}
