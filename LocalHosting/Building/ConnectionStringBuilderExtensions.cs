using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Connection strings that are put together in the model.</summary>
public static class ConnectionStringBuilderExtensions
{
    public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, ReferenceExpression connectionStringExpression)
    {
        ArgumentNullException.ThrowIfNull(connectionStringExpression);
        var connection = builder.AddResource(new ConnectionStringResource(name, connectionStringExpression));
        foreach (var resource in Direct(connectionStringExpression).Where(resource => resource is not IResourceWithoutLifetime).Distinct())
        {
            connection.WaitForStart(builder.CreateResourceBuilder(resource));
        }

        return connection;
    }

    public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, Action<ReferenceExpressionBuilder> connectionStringBuilder)
    {
        ArgumentNullException.ThrowIfNull(connectionStringBuilder);
        var text = new ReferenceExpressionBuilder();
        connectionStringBuilder(text);
        return builder.AddConnectionString(name, text.Build());
    }

    private static IEnumerable<IResource> Direct(IValueWithReferences value) => value.References.SelectMany(reference => reference switch
    {
        IResource resource => [resource],
        IValueWithReferences composed => Direct(composed),
        _ => [],
    });
}
