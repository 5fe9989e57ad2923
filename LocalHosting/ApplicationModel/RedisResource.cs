namespace Aspire.Hosting.ApplicationModel;

/// <summary>A Redis server: <c>host:port,password=...</c>.</summary>
public class RedisResource : ContainerResource, IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "tcp";

    public RedisResource(string name)
        : base(name) => PrimaryEndpoint = new EndpointReference(this, PrimaryEndpointName);

    public RedisResource(string name, ParameterResource password)
        : this(name) => PasswordParameter = password;

    public EndpointReference PrimaryEndpoint { get; }

    public EndpointReferenceExpression Host => PrimaryEndpoint.Property(EndpointProperty.Host);

    public EndpointReferenceExpression Port => PrimaryEndpoint.Property(EndpointProperty.Port);

    public ParameterResource? PasswordParameter { get; internal set; }

    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            var text = new ReferenceExpressionBuilder();
            text.Append($"{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)}");
            if (PasswordParameter is { } password)
            {
                text.Append($",password={password}");
            }

            text.Append($"{PrimaryEndpoint.TlsValue(ReferenceExpression.Create($",ssl=true"), ReferenceExpression.Empty)}");
            return text.Build();
        }
    }

    public ReferenceExpression UriExpression
    {
        get
        {
            var text = new ReferenceExpressionBuilder();
            text.Append($"{PrimaryEndpoint.Property(EndpointProperty.Scheme)}://");
            if (PasswordParameter is { } password)
            {
                text.Append($":{password:uri}@");
            }

            text.Append($"{Host}:{Port}");
            return text.Build();
        }
    }

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties()
    {
        yield return new("Host", ReferenceExpression.Create($"{Host}"));
        yield return new("Port", ReferenceExpression.Create($"{Port}"));
        if (PasswordParameter is { } password)
        {
            yield return new("Password", ReferenceExpression.Create($"{password}"));
        }

        yield return new("Uri", UriExpression);
    }
}
