using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration.Resources;

/// <summary>A resource that lives inside another one, such as a database on a server: it runs while the parent does.</summary>
internal sealed class ChildResourceRun : IResourceRun
{
    private readonly RunContext _context;
    private readonly IResource _parent;
    private readonly Instance _instance;
    private readonly ReadinessMonitor _readiness;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public ChildResourceRun(IResourceWithParent resource, RunContext context)
    {
        Resource = resource;
        _parent = resource.Parent;
        _context = context;
        _instance = new Instance(resource, 1, 1);
        _readiness = new ReadinessMonitor(resource, [_instance], context);
    }

    public IResource Resource { get; }

    public IEnumerable<string> InstanceIds => [Resource.Name];

    public Task StartAsync()
    {
        if (_running.IsCompleted && !_stopping.IsCancellationRequested)
        {
            _running = Task.WhenAll(FollowAsync(), _readiness.RunAsync(_stopping.Token));
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task FollowAsync()
    {
        var announced = false;
        try
        {
            await foreach (var update in _context.Notifications.WatchAsync(_stopping.Token))
            {
                if (!ReferenceEquals(update.Resource, _parent))
                {
                    continue;
                }

                var runs = update.Snapshot is { State.Text: var state, ReadyEventCompleted: true } && state == KnownResourceStates.Running;
                if (runs && !_instance.IsRunning)
                {
                    if (!announced)
                    {
                        announced = true;
                        await _context.Eventing.PublishAsync(new ConnectionStringAvailableEvent(Resource, _context.Services), _stopping.Token);
                    }

                    _instance.Started(_context.Endpoints);
                    await _context.Notifications.PublishUpdateAsync(Resource, before => before with
                    {
                        State = KnownResourceStates.Running,
                        StartTimeStamp = TimeProvider.System.GetUtcNow().UtcDateTime,
                        HealthReports = InstanceStates.PendingReports(Resource),
                        ReadyEventCompleted = false,
                    });
                    _readiness.Wake();
                }
                else if (!runs && update.Snapshot.State?.Text != KnownResourceStates.Running)
                {
                    _instance.Ended(_context.Endpoints);
                    await _context.Notifications.PublishUpdateAsync(Resource, before => before with
                    {
                        State = update.Snapshot.State,
                        HealthReports = [],
                        ReadyEventCompleted = false,
                    });
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The run ends, and the notifications with it.
        }
    }
}
