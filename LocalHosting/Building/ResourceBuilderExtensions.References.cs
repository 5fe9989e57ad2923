using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Injects <c>ConnectionStrings__name</c> and <c>NAME_PROPERTY</c> for each of its properties.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder,
        IResourceBuilder<IResourceWithConnectionString> source,
        string? connectionName = null,
        bool optional = false)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(source);
        var resource = source.Resource;
        connectionName ??= resource.Name;
        return builder.WithRelationshipsTo(resource).WithEnvironment(context =>
        {
            var variables = context.EnvironmentVariables;
            variables[resource.ConnectionStringEnvironmentVariable ?? ConnectionStringVariable(connectionName)] =
                new ConnectionStringReference(resource, optional);
            var prefix = connectionName.Length == 0 ? string.Empty : $"{VariableName.Encode(connectionName).ToUpperInvariant()}_";
            foreach (var (name, value) in resource.GetConnectionProperties())
            {
                variables[$"{prefix}{name.ToUpperInvariant()}"] = value;
            }
        });
    }

    /// <summary>Injects <c>services__name__endpoint__0</c> and <c>NAME_ENDPOINT</c> for each of its endpoints.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(source);
        return builder.WithEndpointsOf(source.Resource, endpointName: null);
    }

    /// <summary>Injects one endpoint.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, EndpointReference endpointReference)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(endpointReference);
        return builder.WithEndpointsOf(endpointReference.Resource, endpointReference.EndpointName);
    }

    /// <summary>Injects the address of something outside of the model.</summary>
    /// <exception cref="InvalidOperationException">The address is relative, or has a query or a fragment.</exception>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, string name, Uri uri)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(uri);
        var problem = !uri.IsAbsoluteUri ? "it must be absolute"
            : uri.Fragment.Length > 0 ? "it cannot contain a fragment"
            : uri.Query.Length > 0 ? "it cannot contain a query string"
            : null;
        if (problem is not null)
        {
            throw new InvalidOperationException(
                $"The URI for service reference '{name}' is invalid while configuring target resource '{builder.Resource.Name}': {problem}.");
        }

        return builder.WithEnvironment($"services__{name}__default__0", uri.ToString()).WithEnvironment(VariableName.Encode(name), uri.ToString());
    }

    public static IResourceBuilder<T> WithParentRelationship<T>(this IResourceBuilder<T> builder, IResourceBuilder<IResource> parent)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(parent);
        return builder.WithParentRelationship(parent.Resource);
    }

    public static IResourceBuilder<T> WithParentRelationship<T>(this IResourceBuilder<T> builder, IResource parent)
        where T : IResource => builder.WithAnnotation(new ResourceRelationshipAnnotation(parent, RelationshipTypes.Parent));

    public static IResourceBuilder<T> ExcludeFromManifest<T>(this IResourceBuilder<T> builder)
        where T : IResource => builder.WithAnnotation(new ExcludedFromManifestAnnotation());

    internal static string ConnectionStringVariable(string connectionName) => $"ConnectionStrings__{connectionName}";

    /// <summary>Records every resource that <paramref name="value"/> is made from.</summary>
    private static IResourceBuilder<T> WithRelationshipsTo<T>(this IResourceBuilder<T> builder, object value)
        where T : IResource
    {
        HashSet<object> seen = [];
        Walk(value);
        return builder;

        void Walk(object reached)
        {
            if (!seen.Add(reached))
            {
                return;
            }

            switch (reached)
            {
                case IResource resource:
                    builder.WithAnnotation(new ResourceRelationshipAnnotation(resource, RelationshipTypes.Reference));
                    break;
                case IResourceBuilder<IResource> other:
                    Walk(other.Resource);
                    break;
                case IValueWithReferences composed:
                    foreach (var reference in composed.References)
                    {
                        Walk(reference);
                    }

                    break;
            }
        }
    }

    private static IResourceBuilder<T> WithEndpointsOf<T>(this IResourceBuilder<T> builder, IResourceWithEndpoints source, string? endpointName)
        where T : IResourceWithEnvironment
    {
        var references = builder.Resource.Annotations.OfType<EndpointReferenceAnnotation>().SingleOrDefault(known => known.Resource == source);
        if (references is null)
        {
            references = new EndpointReferenceAnnotation(source);
            builder.WithAnnotation(references).WithEnvironment(context => Inject(references, context.EnvironmentVariables));
        }

        if (endpointName is null)
        {
            references.UseAllEndpoints = true;
        }
        else
        {
            references.EndpointNames.Add(endpointName);
        }

        return builder.WithRelationshipsTo(source);
    }

    private static void Inject(EndpointReferenceAnnotation references, Dictionary<string, object> variables)
    {
        var service = references.Resource.Name;
        foreach (var endpoint in references.Resource.GetEndpoints())
        {
            if (!references.UseAllEndpoints && !references.EndpointNames.Contains(endpoint.EndpointName))
            {
                continue;
            }

            variables[$"{VariableName.Encode(service).ToUpperInvariant()}_{VariableName.Encode(endpoint.EndpointName).ToUpperInvariant()}"] = endpoint;

            // "http" and "https" are looked up by scheme, other endpoints by their name.
            var key = endpoint.EndpointName.ToLowerInvariant() is "http" or "https" ? endpoint.Scheme : endpoint.EndpointName;
            var index = 0;
            while (variables.ContainsKey($"services__{service}__{key}__{index}"))
            {
                index++;
            }

            variables[$"services__{service}__{key}__{index}"] = endpoint;
        }
    }
}
