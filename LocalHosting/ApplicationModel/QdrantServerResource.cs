namespace Aspire.Hosting.ApplicationModel;

/// <summary>A Qdrant server: <c>Endpoint=http://host:port;Key=...</c> with the gRPC port; a second connection string has the REST port.</summary>
public class QdrantServerResource : ContainerResource, IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "grpc";
    internal const string HttpEndpointName = "http";

    public QdrantServerResource(string name, ParameterResource apiKey)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(apiKey);
        ApiKeyParameter = apiKey;
        PrimaryEndpoint = new EndpointReference(this, PrimaryEndpointName);
        HttpEndpoint = new EndpointReference(this, HttpEndpointName);
    }

    public ParameterResource ApiKeyParameter { get; }

    public EndpointReference PrimaryEndpoint { get; }

    public EndpointReference HttpEndpoint { get; }

    public EndpointReferenceExpression GrpcHost => PrimaryEndpoint.Property(EndpointProperty.Host);

    public EndpointReferenceExpression GrpcPort => PrimaryEndpoint.Property(EndpointProperty.Port);

    public EndpointReferenceExpression HttpHost => HttpEndpoint.Property(EndpointProperty.Host);

    public EndpointReferenceExpression HttpPort => HttpEndpoint.Property(EndpointProperty.Port);

    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"Endpoint={PrimaryEndpoint.Property(EndpointProperty.Url)};Key={ApiKeyParameter}");

    public ReferenceExpression HttpConnectionStringExpression =>
        ReferenceExpression.Create($"Endpoint={HttpEndpoint.Property(EndpointProperty.Url)};Key={ApiKeyParameter}");

    public ReferenceExpression UriExpression => ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Url)}");

    public ReferenceExpression HttpUriExpression => ReferenceExpression.Create($"{HttpEndpoint.Property(EndpointProperty.Url)}");

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("GrpcHost", ReferenceExpression.Create($"{GrpcHost}")),
        new("GrpcPort", ReferenceExpression.Create($"{GrpcPort}")),
        new("HttpHost", ReferenceExpression.Create($"{HttpHost}")),
        new("HttpPort", ReferenceExpression.Create($"{HttpPort}")),
        new("ApiKey", ReferenceExpression.Create($"{ApiKeyParameter}")),
        new("Uri", UriExpression),
        new("HttpUri", HttpUriExpression),
    ];
}
