using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Testing;

/// <summary>Reaching the resources of an application under test.</summary>
public static class DistributedApplicationHostingTestingExtensions
{
    /// <summary>A client for an endpoint of the resource; without a name its http endpoint, else its https one.</summary>
    /// <exception cref="ArgumentException">There is no such resource or endpoint.</exception>
    public static HttpClient CreateHttpClient(this DistributedApplication app, string resourceName, string? endpointName = default)
    {
        var client = Services(app).GetRequiredService<IHttpClientFactory>().CreateClient();
        client.BaseAddress = GetEndpoint(app, resourceName, endpointName);
        return client;
    }

    /// <summary>The address of an endpoint.</summary>
    /// <exception cref="ArgumentException">There is no such resource or endpoint.</exception>
    /// <exception cref="InvalidOperationException">The application is not started.</exception>
    public static Uri GetEndpoint(this DistributedApplication app, string resourceName, string? endpointName = default)
    {
        var resource = Find(app, resourceName) as IResourceWithEndpoints
            ?? throw new ArgumentException($"Resource '{resourceName}' has no endpoints.", nameof(resourceName));
        var endpoint = (endpointName is null ? (string[])["http", "https"] : [endpointName])
            .Select(name => resource.GetEndpoint(name))
            .FirstOrDefault(candidate => candidate.Exists)
            ?? throw new ArgumentException($"Endpoint '{endpointName ?? "http"}' of resource '{resourceName}' was not found.", nameof(endpointName));
        return new Uri(endpoint.Url);
    }

    /// <summary>The connection string of a resource, as its dependents get it.</summary>
    /// <exception cref="ArgumentException">There is no such resource, or it has no connection string.</exception>
    public static ValueTask<string?> GetConnectionStringAsync(this DistributedApplication app, string resourceName, CancellationToken cancellationToken = default) =>
        Find(app, resourceName) is IResourceWithConnectionString resource
            ? resource.GetConnectionStringAsync(cancellationToken)
            : throw new ArgumentException($"Resource '{resourceName}' does not expose a connection string.", nameof(resourceName));

    private static IResource Find(DistributedApplication app, string resourceName)
    {
        ArgumentException.ThrowIfNullOrEmpty(resourceName);
        return Services(app).GetRequiredService<DistributedApplicationModel>().Resources
            .FirstOrDefault(resource => ResourceName.Comparer.Equals(resource.Name, resourceName))
            ?? throw new ArgumentException($"Resource '{resourceName}' not found.", nameof(resourceName));
    }

    private static IServiceProvider Services(DistributedApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Services;
    }
}
