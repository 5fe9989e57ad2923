using Aspire.Hosting.Eventing;

namespace LocalHosting.Tests.Model;

public sealed class EventingTests
{
    private readonly DistributedApplicationEventing _eventing = new();
    private readonly ContainerResource _one = new("one");
    private readonly ContainerResource _two = new("two");

    [Fact]
    public async Task Subscribers_are_called_in_order_for_their_resource_alone_until_they_leave()
    {
        List<string> called = [];
        Task Note(string what)
        {
            called.Add(what);
            return Task.CompletedTask;
        }

        _eventing.Subscribe<ResourceReadyEvent>((e, _) => Note($"any {e.Resource.Name}"));
        var leaving = _eventing.Subscribe<ResourceReadyEvent>(_one, (_, _) => Note("one"));
        _eventing.Subscribe<ResourceReadyEvent>(_two, (_, _) => Note("two"));
        _eventing.Subscribe<BeforeResourceStartedEvent>(_one, (_, _) => Note("another event"));

        await _eventing.PublishAsync(new ResourceReadyEvent(_one, null!));
        _eventing.Unsubscribe(leaving);
        await _eventing.PublishAsync(new ResourceReadyEvent(_one, null!));
        await _eventing.PublishAsync(new ResourceReadyEvent(_two, null!));

        Assert.Equal(["any one", "one", "any one", "any two", "two"], called);
    }

    [Fact]
    public async Task A_failing_subscriber_is_not_hidden()
    {
        _eventing.Subscribe<ResourceReadyEvent>(_one, (_, _) => throw new InvalidOperationException("no"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => _eventing.PublishAsync(new ResourceReadyEvent(_one, null!)));
    }
}
