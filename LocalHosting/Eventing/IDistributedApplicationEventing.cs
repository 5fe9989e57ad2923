using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Eventing;

public interface IDistributedApplicationEvent;

/// <summary>An event that concerns one resource.</summary>
public interface IDistributedApplicationResourceEvent : IDistributedApplicationEvent
{
    IResource Resource { get; }
}

/// <summary>Tells subscribers what happens to the application.</summary>
public interface IDistributedApplicationEventing
{
    DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationEvent;

    DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback)
        where T : IDistributedApplicationResourceEvent;

    void Unsubscribe(DistributedApplicationEventSubscription subscription);

    /// <summary>Calls the subscribers one after the other, in the order of their subscription, and waits for them; the first failure ends it.</summary>
    Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default)
        where T : IDistributedApplicationEvent;
}

/// <summary>What <see cref="IDistributedApplicationEventing.Unsubscribe"/> takes.</summary>
public class DistributedApplicationEventSubscription(Func<IDistributedApplicationEvent, CancellationToken, Task> callback)
{
    public Func<IDistributedApplicationEvent, CancellationToken, Task> Callback { get; } = callback;
}
