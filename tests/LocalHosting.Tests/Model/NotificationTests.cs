using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LocalHosting.Tests.Model;

public sealed class NotificationTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly ResourceNotificationService _notifications = new(WaitBehavior.StopOnResourceUnavailable);
    private readonly ContainerResource _resource = new("app");

    public void Dispose() => _notifications.Dispose();

    [Fact]
    public async Task Healthy_is_running_with_passing_checks_and_a_finished_ready_event()
    {
        _resource.Annotations.Add(new HealthCheckAnnotation("check"));
        var healthy = _notifications.WaitForResourceHealthyAsync("APP");

        await PublishAsync(s => s with { State = KnownResourceStates.Running });
        Assert.False(healthy.IsCompleted);
        await PublishAsync(s => s with { HealthReports = [new("check", HealthStatus.Unhealthy, null, null)] });
        await PublishAsync(s => s with { HealthReports = [new("check", HealthStatus.Healthy, null, null)] });
        Assert.False(healthy.IsCompleted);
        await PublishAsync(s => s with { ReadyEventCompleted = true });

        Assert.Equal(HealthStatus.Healthy, (await healthy.WaitAsync(Soon)).Snapshot.HealthStatus);
    }

    [Fact]
    public async Task Waiting_ends_when_there_is_nothing_to_wait_for()
    {
        var healthy = _notifications.WaitForResourceHealthyAsync("app");

        await PublishAsync(s => s with { State = KnownResourceStates.Exited, ExitCode = 3 });

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => healthy.WaitAsync(Soon));
        Assert.Contains("'app' to become healthy because it is Exited with exit code 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dependency_that_completed_with_another_exit_code_stops_its_dependents()
    {
        var dependent = new ContainerResource("dependent");
        dependent.Annotations.Add(new WaitAnnotation(_resource, WaitType.WaitForCompletion));
        var wait = _notifications.WaitForDependenciesAsync(dependent, CancellationToken.None);

        await PublishAsync(s => s with { State = KnownResourceStates.Running });
        Assert.False(wait.IsCompleted);
        await PublishAsync(s => s with { State = KnownResourceStates.Finished, ExitCode = 1 });

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => wait.WaitAsync(Soon));
        Assert.Contains("'dependent' was not started: it waits for 'app' to complete with exit code 0, but it ended with 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_that_was_reached_before_is_not_waited_for()
    {
        await PublishAsync(s => s with { State = KnownResourceStates.Starting });
        await PublishAsync(s => s with { State = KnownResourceStates.Running });

        await _notifications.WaitForResourceAsync("app").WaitAsync(Soon);

        Assert.True(_notifications.TryGetCurrentState("app", out var current));
        Assert.Equal(KnownResourceStates.Running, current.Snapshot.State?.Text);
    }

    private Task PublishAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> update) => _notifications.PublishUpdateAsync(_resource, update);
}
