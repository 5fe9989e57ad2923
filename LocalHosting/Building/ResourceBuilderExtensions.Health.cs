using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>The resource is healthy only while the check registered as <paramref name="key"/> is.</summary>
    public static IResourceBuilder<T> WithHealthCheck<T>(this IResourceBuilder<T> builder, string key)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(key);
        if (builder.Resource.Annotations.OfType<HealthCheckAnnotation>().Any(check => check.Key == key))
        {
            throw new DistributedApplicationException($"Resource '{builder.Resource.Name}' already has a health check with key '{key}'.");
        }

        return builder.WithAnnotation(new HealthCheckAnnotation(key));
    }

    /// <summary>Healthy is when <paramref name="path"/> (default <c>/</c>) answers with <paramref name="statusCode"/> (default 200).</summary>
    /// <exception cref="DistributedApplicationException">The resource has no http endpoint, or the named one is none.</exception>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(this IResourceBuilder<T> builder, string? path = null, int? statusCode = null, string? endpointName = null)
        where T : IResourceWithEndpoints
    {
        path ??= "/";
        var endpoint = builder.HttpEndpointFor("HTTP health check", endpointName is null ? ["https", "http"] : [endpointName]);
        var key = $"{builder.Resource.Name}_{endpoint.EndpointName}_{path}_{statusCode ?? 200}_check";
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key,
            services => new HttpEndpointCheck(endpoint, path, statusCode ?? 200, () => services.GetRequiredService<IHttpClientFactory>().CreateClient(key)),
            failureStatus: null,
            tags: null));
        return builder.WithHealthCheck(key);
    }

    private static EndpointReference HttpEndpointFor<T>(this IResourceBuilder<T> builder, string purpose, string[] names)
        where T : IResourceWithEndpoints
    {
        var resource = builder.Resource;
        var endpoint = names.Select(name => resource.GetEndpoint(name)).FirstOrDefault(candidate => candidate.Exists)
            ?? throw new DistributedApplicationException(
                $"Could not create {purpose} for resource '{resource.Name}' as no endpoint was found matching one of the specified names: {string.Join(", ", names)}. "
                + "Add one first, with WithHttpEndpoint() or a launchSettings.json.");
        return EndpointAnnotation.IsHttp(endpoint.Scheme)
            ? endpoint
            : throw new DistributedApplicationException(
                $"Could not create {purpose} for resource '{resource.Name}' as the endpoint with name '{endpoint.EndpointName}' and scheme '{endpoint.Scheme}' is not an HTTP endpoint.");
    }
}
