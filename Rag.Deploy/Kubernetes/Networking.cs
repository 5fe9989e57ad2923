namespace Rag.Deploy.Kubernetes;

public sealed record Service() : KubernetesObject("v1", "Service")
{
    public required ServiceSpec Spec { get; init; }
}

public sealed record ServiceSpec
{
    public string? Type { get; init; }
    public string? ClusterIP { get; init; }
    public string? ExternalName { get; init; }
    public bool? PublishNotReadyAddresses { get; init; }
    public Labels? Selector { get; init; }
    public IReadOnlyList<ServicePort>? Ports { get; init; }
}

public sealed record ServicePort(string Name, int Port, IntOrString TargetPort)
{
    public string? Protocol { get; init; }
    public string? AppProtocol { get; init; }
}

public sealed record NetworkPolicy() : KubernetesObject("networking.k8s.io/v1", "NetworkPolicy")
{
    public required NetworkPolicySpec Spec { get; init; }
}

public sealed record NetworkPolicySpec
{
    public required LabelSelector PodSelector { get; init; }
    public required IReadOnlyList<string> PolicyTypes { get; init; }
    public IReadOnlyList<NetworkPolicyIngressRule>? Ingress { get; init; }
    public IReadOnlyList<NetworkPolicyEgressRule>? Egress { get; init; }
}

public sealed record NetworkPolicyIngressRule
{
    public IReadOnlyList<NetworkPolicyPeer>? From { get; init; }
    public IReadOnlyList<NetworkPolicyPort>? Ports { get; init; }
}

public sealed record NetworkPolicyEgressRule
{
    public IReadOnlyList<NetworkPolicyPeer>? To { get; init; }
    public IReadOnlyList<NetworkPolicyPort>? Ports { get; init; }
}

public sealed record NetworkPolicyPeer
{
    public LabelSelector? PodSelector { get; init; }
    public LabelSelector? NamespaceSelector { get; init; }
    public IpBlock? IpBlock { get; init; }
}

public sealed record IpBlock(string Cidr)
{
    public IReadOnlyList<string>? Except { get; init; }
}

public sealed record NetworkPolicyPort(IntOrString Port, string Protocol = "TCP");

public sealed record Ingress() : KubernetesObject("networking.k8s.io/v1", "Ingress")
{
    public required IngressSpec Spec { get; init; }
}

public sealed record IngressSpec
{
    public string? IngressClassName { get; init; }
    public IReadOnlyList<IngressTls>? Tls { get; init; }
    public required IReadOnlyList<IngressRule> Rules { get; init; }
}

public sealed record IngressTls(IReadOnlyList<string> Hosts, string SecretName);

public sealed record IngressRule(string Host, HttpIngressRuleValue Http);

public sealed record HttpIngressRuleValue(IReadOnlyList<HttpIngressPath> Paths);

public sealed record HttpIngressPath(string Path, string PathType, IngressBackend Backend);

public sealed record IngressBackend(IngressServiceBackend Service);

public sealed record IngressServiceBackend(string Name, ServiceBackendPort Port);

public sealed record ServiceBackendPort(string Name);

public sealed record HttpRoute() : KubernetesObject("gateway.networking.k8s.io/v1", "HTTPRoute")
{
    public required HttpRouteSpec Spec { get; init; }
}

public sealed record HttpRouteSpec
{
    public required IReadOnlyList<ParentReference> ParentRefs { get; init; }
    public required IReadOnlyList<string> Hostnames { get; init; }
    public required IReadOnlyList<HttpRouteRule> Rules { get; init; }
}

public sealed record ParentReference(string Name)
{
    public string? Namespace { get; init; }
    public string? SectionName { get; init; }
}

public sealed record HttpRouteRule(IReadOnlyList<HttpRouteMatch> Matches, IReadOnlyList<BackendRef> BackendRefs)
{
    public HttpRouteTimeouts? Timeouts { get; init; }
}

public sealed record HttpRouteMatch(HttpPathMatch Path);

public sealed record HttpPathMatch(string Type, string Value);

public sealed record BackendRef(string Name, int Port);

public sealed record HttpRouteTimeouts(string Request);
