using System.ComponentModel;

namespace Rag.Deploy.Values;

/// <summary>How the platform is reached from outside.</summary>
public sealed record ExposureValues
{
    [Description("none: from within the cluster only (kubectl port-forward); ingress: an Ingress; gateway: an HTTPRoute.")]
    public ExposureKind Kind { get; init; } = ExposureKind.None;

    [Description("Host names by workload, each of one external workload of the app model.")]
    [PublicHost]
    public OrderedDictionary<string, string> Hosts { get; init; } = [];

    [Description("ingress: Secret with the certificate for the hosts; one that does not exist yet is made by who is named in the annotations, such as cert-manager.")]
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
    [Description("Name of the Gateway.")]
    [DnsName]
    public string Name { get; init; } = "gateway";

    [Description("Its namespace; default: the platform's own.")]
    [DnsLabel]
    public string? Namespace { get; init; }

    [Description("Its listener; default: any that fits.")]
    [DnsName]
    public string? Section { get; init; }
}

/// <summary>Who may talk to whom.</summary>
public sealed record NetworkValues
{
    [Description("Whether policies are written: nothing may talk to anything, but for what the app model refers to.")]
    public bool Policies { get; init; } = true;

    [Description("Labels of the namespace that answers DNS.")]
    public OrderedDictionary<string, string> DnsNamespace { get; init; } = new() { ["kubernetes.io/metadata.name"] = "kube-system" };
}
