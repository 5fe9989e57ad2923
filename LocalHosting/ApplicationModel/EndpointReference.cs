using System.Diagnostics;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Names an endpoint of a resource; its value is the URL. The endpoint need not exist yet.</summary>
[DebuggerDisplay("{Resource.Name,nq}.{EndpointName,nq}")]
public sealed class EndpointReference : IExpressionValue, IValueWithReferences
{
    private EndpointAnnotation? _annotation;

    public EndpointReference(IResourceWithEndpoints owner, EndpointAnnotation endpoint)
        : this(owner, endpoint?.Name!) => _annotation = endpoint;

    public EndpointReference(IResourceWithEndpoints owner, string endpointName)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(endpointName);
        Resource = owner;
        EndpointName = endpointName;
    }

    public IResourceWithEndpoints Resource { get; }

    public string EndpointName { get; }

    /// <exception cref="InvalidOperationException">The resource has no such endpoint; the message lists those it has.</exception>
    public EndpointAnnotation EndpointAnnotation => Find() ?? throw new InvalidOperationException(Missing());

    public bool Exists => Find() is not null;

    public bool IsAllocated => Find()?.AllocatedEndpoint is not null;

    public bool IsHttp => string.Equals(Scheme, "http", StringComparison.OrdinalIgnoreCase);

    public bool IsHttps => string.Equals(Scheme, "https", StringComparison.OrdinalIgnoreCase);

    public bool TlsEnabled => Find()?.TlsEnabled ?? false;

    public string Scheme => EndpointAnnotation.UriScheme;

    public int? TargetPort => EndpointAnnotation.TargetPort;

    public string Host => Allocated.Address;

    public int Port => Allocated.Port;

    public string Url => Allocated.UriString;

    string IManifestExpressionProvider.ValueExpression => Expression(EndpointProperty.Url);

    IEnumerable<object> IValueWithReferences.References => [Resource];

    private AllocatedEndpoint Allocated => EndpointAnnotation.AllocatedEndpoint
        ?? throw new InvalidOperationException($"The endpoint `{EndpointName}` is not allocated for the resource `{Resource.Name}`.");

    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => GetValueAsync(new(), cancellationToken);

    public ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) =>
        Property(EndpointProperty.Url).GetValueAsync(context, cancellationToken);

    /// <summary>One of two texts, depending on whether the endpoint has TLS when the value is asked for.</summary>
    internal ReferenceExpression TlsValue(ReferenceExpression enabled, ReferenceExpression disabled) =>
        new(new ReferenceExpression.Choice(Property(EndpointProperty.TlsEnabled), bool.TrueString, enabled, disabled));

    internal string Expression(EndpointProperty property) => property switch
    {
        EndpointProperty.Url => Binding("url"),
        EndpointProperty.Host or EndpointProperty.IPV4Host => Binding("host"),
        EndpointProperty.Port => Binding("port"),
        EndpointProperty.Scheme => Binding("scheme"),
        EndpointProperty.TargetPort => Binding("targetPort"),
        EndpointProperty.HostAndPort => $"{Binding("host")}:{Binding("port")}",
        EndpointProperty.TlsEnabled => Binding("tlsEnabled"),
        _ => throw new InvalidOperationException($"The property '{property}' is not supported for the endpoint '{EndpointName}'."),
    };

    private string Binding(string property) => $"{{{Resource.Name}.bindings.{EndpointName}.{property}}}";

    private EndpointAnnotation? Find() => _annotation ??= Resource.Annotations.OfType<EndpointAnnotation>()
        .SingleOrDefault(endpoint => ResourceName.Comparer.Equals(endpoint.Name, EndpointName));

    private string Missing()
    {
        var names = Resource.Annotations.OfType<EndpointAnnotation>().Select(endpoint => $"`{endpoint.Name}`").ToArray();
        var known = names.Length == 0 ? "The resource has no endpoints defined." : $"Available endpoints: {string.Join(", ", names)}.";
        return $"The endpoint `{EndpointName}` is not defined for the resource `{Resource.Name}`. {known}";
    }
}
