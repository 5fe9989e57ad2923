using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

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

    [Description("Who tells the pods where names lead.")]
    public DnsValues Dns { get; init; } = new();

    [Description("Labels of the namespace that KEDA runs in; it asks the database for the queue.")]
    public OrderedDictionary<string, string> KedaNamespace { get; init; } = new() { ["kubernetes.io/metadata.name"] = "keda" };

    [Description("Labels of the namespace that CloudNativePG's operator runs in; it asks its pods how they are.")]
    public OrderedDictionary<string, string> OperatorNamespace { get; init; } = new() { ["kubernetes.io/metadata.name"] = "cnpg-system" };
}

/// <summary>Whoever answers DNS. The default fits CoreDNS in kube-system, with and without a cache on the nodes.</summary>
public sealed record DnsValues
{
    [Description("Labels of its namespace, such as kubernetes.io/metadata.name: openshift-dns.")]
    public OrderedDictionary<string, string> Namespace { get; init; } = new() { ["kubernetes.io/metadata.name"] = "kube-system" };

    [Description("Labels of its pods, such as k8s-app: kube-dns; empty: all pods of the namespace.")]
    public OrderedDictionary<string, string> PodLabels { get; init; } = [];

    [Description("Ports that its pods listen on, by UDP and TCP; OpenShift's listen on 5353.")]
    [Range(1, 65535)]
    public IReadOnlyList<int> Ports { get; init; } = [53];

    [Description("Addresses that are no pod's, at the same ports: of NodeLocal DNSCache, or of the DNS Service where that cache takes its place; null: none.")]
    [RegularExpression(@"([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])", ErrorMessage = "a range such as 169.254.20.10/32")]
    public string? Cidr { get; init; } = "169.254.20.10/32";
}
