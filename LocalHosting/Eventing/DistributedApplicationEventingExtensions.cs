using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;

namespace Aspire.Hosting;

/// <summary>Subscribing beside the resource that it concerns.</summary>
public static class DistributedApplicationEventingExtensions
{
    public static T OnBeforeStart<T>(this T builder, Func<BeforeStartEvent, CancellationToken, Task> callback)
        where T : IDistributedApplicationBuilder
    {
        builder.Eventing.Subscribe(callback);
        return builder;
    }

    public static IResourceBuilder<T> OnBeforeResourceStarted<T>(this IResourceBuilder<T> builder, Func<T, BeforeResourceStartedEvent, CancellationToken, Task> callback)
        where T : IResource => builder.On(callback);

    public static IResourceBuilder<T> OnConnectionStringAvailable<T>(this IResourceBuilder<T> builder, Func<T, ConnectionStringAvailableEvent, CancellationToken, Task> callback)
        where T : IResourceWithConnectionString => builder.On(callback);

    public static IResourceBuilder<T> OnResourceEndpointsAllocated<T>(this IResourceBuilder<T> builder, Func<T, ResourceEndpointsAllocatedEvent, CancellationToken, Task> callback)
        where T : IResourceWithEndpoints => builder.On(callback);

    public static IResourceBuilder<T> OnResourceReady<T>(this IResourceBuilder<T> builder, Func<T, ResourceReadyEvent, CancellationToken, Task> callback)
        where T : IResource => builder.On(callback);

    public static IResourceBuilder<T> OnResourceStopped<T>(this IResourceBuilder<T> builder, Func<T, ResourceStoppedEvent, CancellationToken, Task> callback)
        where T : IResource => builder.On(callback);

    private static IResourceBuilder<T> On<T, TEvent>(this IResourceBuilder<T> builder, Func<T, TEvent, CancellationToken, Task> callback)
        where T : IResource
        where TEvent : IDistributedApplicationResourceEvent
    {
        ArgumentNullException.ThrowIfNull(callback);
        builder.ApplicationBuilder.Eventing.Subscribe<TEvent>(
            builder.Resource,
            (@event, cancellationToken) => callback(builder.Resource, @event, cancellationToken));
        return builder;
    }
}
