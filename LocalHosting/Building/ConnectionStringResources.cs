using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>A connection string that is put together from other values of the model.</summary>
public sealed class ConnectionStringResource(string name, ReferenceExpression connectionStringExpression)
    : Resource(name), IResourceWithConnectionString, IResourceWithWaitSupport
{
    public ReferenceExpression ConnectionStringExpression => connectionStringExpression;
}

/// <summary>A connection string that configuration gives, for something that runs elsewhere.</summary>
internal sealed class ConnectionStringParameterResource : ParameterResource, IResourceWithConnectionString
{
    public ConnectionStringParameterResource(string name, Func<ParameterDefault?, string> callback, string? environmentVariableName)
        : base(name, callback, secret: true)
    {
        IsConnectionString = true;
        ConnectionStringEnvironmentVariable = environmentVariableName;
    }

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{this}");

    public string? ConnectionStringEnvironmentVariable { get; }

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";
}
