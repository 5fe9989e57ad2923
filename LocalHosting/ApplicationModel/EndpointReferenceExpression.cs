using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>One property of an endpoint, as a value and as an expression.</summary>
[DebuggerDisplay("{ValueExpression}")]
public class EndpointReferenceExpression : IExpressionValue, IValueWithReferences
{
    public EndpointReferenceExpression(EndpointReference endpointReference, EndpointProperty property)
    {
        ArgumentNullException.ThrowIfNull(endpointReference);
        Endpoint = endpointReference;
        Property = property;
    }

    public EndpointReference Endpoint { get; }

    public EndpointProperty Property { get; }

    public string ValueExpression => Endpoint.Expression(Property);

    IEnumerable<object> IValueWithReferences.References => [Endpoint];

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => GetValueAsync(new(), cancellationToken);

    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var endpoint = Endpoint.EndpointAnnotation;
        switch (Property)
        {
            case EndpointProperty.Scheme:
                return endpoint.UriScheme;
            case EndpointProperty.TlsEnabled:
                return endpoint.TlsEnabled ? bool.TrueString : bool.FalseString;
            case EndpointProperty.TargetPort when context.TargetPortOf?.Invoke(endpoint) is { } instancePort:
                return instancePort.ToString(CultureInfo.InvariantCulture);
            case EndpointProperty.TargetPort when endpoint.TargetPort is { } port:
                return port.ToString(CultureInfo.InvariantCulture);
        }

        var allocated = await endpoint.WaitForAllocationAsync(cancellationToken);
        return Property switch
        {
            EndpointProperty.Url => allocated.UriString,
            EndpointProperty.Host => allocated.Address,
            EndpointProperty.IPV4Host => allocated.Address is "localhost" ? "127.0.0.1" : allocated.Address,
            EndpointProperty.Port => allocated.Port.ToString(CultureInfo.InvariantCulture),
            EndpointProperty.HostAndPort => allocated.EndPointString,
            EndpointProperty.TargetPort => allocated.TargetPortExpression
                ?? throw new InvalidOperationException($"The endpoint '{Endpoint.EndpointName}' of '{Endpoint.Resource.Name}' has no single target port."),
            _ => throw new InvalidOperationException($"The property '{Property}' is not supported for the endpoint '{Endpoint.EndpointName}'."),
        };
    }
}

/// <summary>What an <see cref="EndpointReferenceExpression"/> can give.</summary>
public enum EndpointProperty
{
    Url,
    Host,
    IPV4Host,
    Port,
    Scheme,
    TargetPort,
    HostAndPort,
    TlsEnabled,
}
