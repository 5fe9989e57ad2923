using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Rag.Deploy.Values;

/// <summary>How the platform is reached from outside.</summary>
public sealed record ExposureValues
{
    [Description("none: from within the cluster only (kubectl port-forward); ingress: an Ingress; gateway: an HTTPRoute.")]
    public ExposureKind Kind { get; init; } = ExposureKind.None;

    [Description("Host names by workload, each of one external workload of the app model.")]
    public OrderedDictionary<string, string> Hosts { get; init; } = [];

    [Description("Secret with the certificate for the hosts.")]
    [DnsName]
    public string? TlsSecret { get; init; }

    [Description("Annotations of the Ingress or the HTTPRoute, such as the issuer of cert-manager.")]
    public OrderedDictionary<string, string> Annotations { get; init; } = [];

    [Description("ingress: its class; default: the cluster's.")]
    [DnsName]
    public string? IngressClass { get; init; }

    [Description("gateway: the Gateway to attach to.")]
    public GatewayValues Gateway { get; init; } = new();

    [Description("Labels of the namespace that the ingress controller or gateway runs in, for the network policy.")]
    public OrderedDictionary<string, string> FromNamespace { get; init; } = [];
}

/// <summary>Ways in.</summary>
public enum ExposureKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>An Ingress.</summary>
    Ingress,

    /// <summary>An HTTPRoute.</summary>
    Gateway,
}

/// <summary>A Gateway that exists.</summary>
public sealed record GatewayValues
{
    [Description("Its name.")]
    [DnsName]
    public string Name { get; init; } = "gateway";

    [Description("Its namespace; default: the platform's own.")]
    [DnsLabel]
    public string? Namespace { get; init; }

    [Description("Its listener; default: any that fits.")]
    public string? Section { get; init; }
}

/// <summary>Who may talk to whom.</summary>
public sealed record NetworkValues
{
    [Description("Whether policies are written: nothing may talk to anything, but for what the app model refers to.")]
    public bool Policies { get; init; } = true;

    [Description("Labels of the namespace that answers DNS.")]
    public OrderedDictionary<string, string> DnsNamespace { get; init; } = new() { ["kubernetes.io/metadata.name"] = "kube-system" };

    [Description("Labels of the namespace that monitors from outside; none: nobody does.")]
    public OrderedDictionary<string, string> MonitoringNamespace { get; init; } = [];
}

/// <summary>The job that migrates.</summary>
public sealed record MigrationValues
{
    [Description("The workload of the app model whose image migrates; none: no job.")]
    public string? Service { get; init; }

    [Description("What it is started with.")]
    public IReadOnlyList<string> Args { get; init; } = ["migrate"];

    [Description("Seconds that it may take.")]
    [Range(10, 86400)]
    public int DeadlineSeconds { get; init; } = 600;
}

/// <summary>Monitoring.</summary>
public sealed record MonitoringValues
{
    [Description("Whether collector, rules and dashboards are part of the deployment.")]
    public bool Enabled { get; init; }

    [Description("collector: an OpenTelemetry collector here, which Prometheus scrapes; otlp: the services send to an endpoint that exists.")]
    public MonitoringKind Kind { get; init; } = MonitoringKind.Collector;

    [Description("otlp: where to.")]
    [HttpUrl]
    public string? Endpoint { get; init; }

    [Description("Whether ServiceMonitor and PrometheusRule are written, for the Prometheus operator.")]
    public bool PrometheusOperator { get; init; } = true;

    [Description("Label that Grafana's sidecar looks for at ConfigMaps with dashboards.")]
    public OrderedDictionary<string, string> DashboardLabels { get; init; } = new() { ["grafana_dashboard"] = "1" };
}

/// <summary>Where telemetry goes.</summary>
public enum MonitoringKind
{
    /// <summary>A collector of the deployment's own.</summary>
    Collector,

    /// <summary>An endpoint that exists.</summary>
    Otlp,
}

/// <summary>A model server.</summary>
public sealed record InferenceValues
{
    [Description("Whether one is part of the deployment.")]
    public bool Enabled { get; init; }

    [Description("deployment: pods anywhere; daemonset: one on each node that fits.")]
    public InferencePlacement Placement { get; init; } = InferencePlacement.Deployment;

    [Description("An image with an OpenAI-compatible server.")]
    public string Image { get; init; } = "docker.io/vllm/vllm-openai:v0.11.0";

    [Description("Model that it serves.")]
    public string Model { get; init; } = "Qwen/Qwen2.5-7B-Instruct";

    [Description("GPUs per pod.")]
    [Range(0, 64)]
    public int Gpus { get; init; } = 1;

    [Description("Pods of the deployment.")]
    [Range(1, 100)]
    public int Replicas { get; init; } = 1;

    [Description("Size of the claim that keeps the model.")]
    [Quantity]
    public string Storage { get; init; } = "60Gi";

    [Description("Size of its shared memory.")]
    [Quantity]
    public string SharedMemory { get; init; } = "8Gi";

    [Description("What one pod gets beside the GPUs.")]
    public ResourceValues Resources { get; init; } = new()
    {
        Requests = new() { Cpu = "4", Memory = "24Gi", EphemeralStorage = "2Gi" },
        Limits = new() { Cpu = "8", Memory = "32Gi", EphemeralStorage = "20Gi" },
    };

    [Description("Labels of the nodes it may run on.")]
    public OrderedDictionary<string, string> NodeSelector { get; init; } = [];

    [Description("Whether it may fetch its model from the internet; without, the claim has to hold it.")]
    public bool Download { get; init; } = true;

    [Description("Workloads of the app model that use it for answers.")]
    public IReadOnlyList<string> UsedBy { get; init; } = [];
}

/// <summary>Where model servers run.</summary>
public enum InferencePlacement
{
    /// <summary>Anywhere.</summary>
    Deployment,

    /// <summary>One per node.</summary>
    Daemonset,
}

/// <summary>One question after a rollout.</summary>
public sealed record SmokeTestValues
{
    [Description("The workload that is asked; none: no job.")]
    public string? Service { get; init; }
}

/// <summary>Load on demand.</summary>
public sealed record LoadTestValues
{
    [Description("The workload that is asked; none: no job.")]
    public string? Service { get; init; }

    [Description("Requests at the same time.")]
    [Range(1, 10000)]
    public int Clients { get; init; } = 50;

    [Description("Seconds.")]
    [Range(1, 86400)]
    public int Seconds { get; init; } = 60;
}
