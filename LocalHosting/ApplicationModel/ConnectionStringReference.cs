namespace Aspire.Hosting.ApplicationModel;

/// <summary>The connection string of a resource as somebody else's variable.</summary>
public class ConnectionStringReference(IResourceWithConnectionString resource, bool optional) : IExpressionValue, IValueWithReferences
{
    public IResourceWithConnectionString Resource { get; } = resource ?? throw new ArgumentNullException(nameof(resource));

    public bool Optional { get; } = optional;

    string IManifestExpressionProvider.ValueExpression => Resource.ValueExpression;

    IEnumerable<object> IValueWithReferences.References => [Resource];

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) =>
        ((IValueProvider)this).GetValueAsync(new ValueProviderContext(), cancellationToken);

    async ValueTask<string?> IValueProvider.GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        string? value;
        try
        {
            value = await Resource.GetValueAsync(context, cancellationToken);
        }
        catch (MissingParameterValueException) when (Optional)
        {
            return null;
        }

        return string.IsNullOrEmpty(value) && !Optional
            ? throw new DistributedApplicationException($"The connection string for the resource '{Resource.Name}' is not available.")
            : value;
    }
}
