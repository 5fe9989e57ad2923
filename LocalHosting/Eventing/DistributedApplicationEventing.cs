using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Eventing;

internal sealed class DistributedApplicationEventing : IDistributedApplicationEventing
{
    private readonly Lock _lock = new();
    private readonly List<(Type Event, DistributedApplicationEventSubscription Subscription)> _subscriptions = [];

    public DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationEvent
    {
        ArgumentNullException.ThrowIfNull(callback);
        var subscription = new DistributedApplicationEventSubscription((@event, cancellationToken) => callback((T)@event, cancellationToken));
        lock (_lock)
        {
            _subscriptions.Add((typeof(T), subscription));
        }

        return subscription;
    }

    public DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationResourceEvent
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(callback);
        return Subscribe<T>((@event, cancellationToken) =>
            ReferenceEquals(@event.Resource, resource) ? callback(@event, cancellationToken) : Task.CompletedTask);
    }

    public void Unsubscribe(DistributedApplicationEventSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions.RemoveAll(known => known.Subscription == subscription);
        }
    }

    public async Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default)
        where T : IDistributedApplicationEvent
    {
        ArgumentNullException.ThrowIfNull(@event);
        DistributedApplicationEventSubscription[] subscribers;
        lock (_lock)
        {
            subscribers = [.. _subscriptions.Where(known => known.Event == typeof(T)).Select(known => known.Subscription)];
        }

        foreach (var subscriber in subscribers)
        {
            await subscriber.Callback(@event, cancellationToken);
        }
    }
}
