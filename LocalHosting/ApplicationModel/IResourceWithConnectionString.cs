namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource that others reach through a connection string.</summary>
public interface IResourceWithConnectionString : IResource, IExpressionValue, IValueWithReferences
{
    ReferenceExpression ConnectionStringExpression { get; }

    /// <summary>The variable to inject instead of <c>ConnectionStrings__name</c>; null for the usual one.</summary>
    string? ConnectionStringEnvironmentVariable => null;

    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConnectionStringExpression.GetValueAsync(cancellationToken);

    /// <summary>The parts of the connection string by name, for clients that do not parse connection strings.</summary>
    IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => [];

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetConnectionStringAsync(cancellationToken);

    ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken) =>
        ConnectionStringExpression.GetValueAsync(context, cancellationToken);

    IEnumerable<object> IValueWithReferences.References => [ConnectionStringExpression];
}
