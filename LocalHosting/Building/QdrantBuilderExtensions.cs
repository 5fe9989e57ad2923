using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

/// <summary>Qdrant.</summary>
public static class QdrantBuilderExtensions
{
    // What Aspire 13.5 publishes; they move together with AspireVersion.
    private const string Registry = "docker.io";
    private const string Image = "qdrant/qdrant";
    private const string Tag = "v1.18.0";

    private const string DataPath = "/qdrant/storage";

    public static IResourceBuilder<QdrantServerResource> AddQdrant(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource>? apiKey = null,
        int? grpcPort = null,
        int? httpPort = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var qdrant = new QdrantServerResource(
            name,
            apiKey?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-Key", special: false));
        var key = $"{name}_check";
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key,
            services => new HttpEndpointCheck(qdrant.HttpEndpoint, "/readyz", 200, () => services.GetRequiredService<IHttpClientFactory>().CreateClient(key)),
            failureStatus: null,
            tags: null));
        return builder.AddResource(qdrant)
            .WithImage(Image, Tag)
            .WithImageRegistry(Registry)
            .WithHttpEndpoint(port: grpcPort, targetPort: 6334, name: QdrantServerResource.PrimaryEndpointName)
            .WithEndpoint(QdrantServerResource.PrimaryEndpointName, endpoint => endpoint.Transport = "http2")
            .WithHttpEndpoint(port: httpPort, targetPort: 6333, name: QdrantServerResource.HttpEndpointName)
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["QDRANT__SERVICE__API_KEY"] = qdrant.ApiKeyParameter;
                if (context.ExecutionContext.IsPublishMode)
                {
                    // Its web page is for development.
                    context.EnvironmentVariables["QDRANT__SERVICE__ENABLE_STATIC_CONTENT"] = "0";
                }
            })
            .WithHealthCheck(key);
    }

    public static IResourceBuilder<QdrantServerResource> WithDataVolume(
        this IResourceBuilder<QdrantServerResource> builder, string? name = null, bool isReadOnly = false) =>
        builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), DataPath, isReadOnly);

    public static IResourceBuilder<QdrantServerResource> WithDataBindMount(
        this IResourceBuilder<QdrantServerResource> builder, string source, bool isReadOnly = false) =>
        builder.WithBindMount(source, DataPath, isReadOnly);

    /// <summary>Injects both connection strings: <c>ConnectionStrings__name</c> for gRPC and <c>ConnectionStrings__name_http</c> for REST.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<QdrantServerResource> qdrantResource)
        where TDestination : IResourceWithEnvironment => builder.WithReference(qdrantResource, connectionName: null);

    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<QdrantServerResource> qdrantResource, string? connectionName = null)
        where TDestination : IResourceWithEnvironment
    {
        ArgumentNullException.ThrowIfNull(qdrantResource);
        var qdrant = qdrantResource.Resource;
        var variable = ResourceBuilderExtensions.ConnectionStringVariable(connectionName ?? qdrant.Name);
        return ResourceBuilderExtensions.WithReference(builder, (IResourceBuilder<IResourceWithConnectionString>)qdrantResource, connectionName)
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables[variable] = qdrant.ConnectionStringExpression;
                context.EnvironmentVariables[$"{variable}_http"] = qdrant.HttpConnectionStringExpression;
            });
    }
}
