using System.Collections.Immutable;
using System.Threading.Channels;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Orchestration.Resources;

/// <summary>
/// Runs the health checks of a resource while it runs, publishes their reports, and raises its ready event when they first pass: often
/// until then, because others wait, and leisurely afterwards.
/// </summary>
internal sealed class ReadinessMonitor(IResource resource, IReadOnlyList<Instance> instances, RunContext context)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HealthyPause = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly HashSet<string> _keys = [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key)];

    /// <summary>An instance has started: look now.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Until cancelled; does not throw.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var announced = false;
        var pause = FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            var running = instances.Where(instance => instance.IsRunning).Select(instance => (instance, instance.Epoch)).ToList();
            announced &= running.Count > 0;
            var healthy = false;
            try
            {
                if (running.Count > 0)
                {
                    var reports = await CheckAsync(stopping);
                    healthy = reports.All(report => report.Status == HealthStatus.Healthy);
                    await PublishAsync(running, before => before with { HealthReports = reports });
                    if (healthy)
                    {
                        if (!announced)
                        {
                            await context.Eventing.PublishAsync(new ResourceReadyEvent(resource, context.Services), stopping);
                            announced = true;
                        }

                        await PublishAsync(running, static before => before with { ReadyEventCompleted = true });
                    }
                }

                pause = healthy ? HealthyPause : pause >= HealthyPause ? FirstPause : Min(pause * 1.5, LongestPause);
                if (await WokenWithinAsync(running.Count == 0 ? Timeout.InfiniteTimeSpan : pause, stopping))
                {
                    pause = FirstPause;
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // A subscriber of the ready event failed (a database could not be created, say): it is asked again.
                context.Log(resource.Name, $"Not ready yet: {e.Message}", isError: true);
                await Task.Delay(LongestPause, CancellationToken.None);
            }
        }
    }

    private async Task<bool> WokenWithinAsync(TimeSpan pause, CancellationToken stopping)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        timeout.CancelAfter(pause);
        try
        {
            await _wake.Reader.ReadAsync(timeout.Token);
            return true;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<ImmutableArray<HealthReportSnapshot>> CheckAsync(CancellationToken stopping)
    {
        if (_keys.Count == 0)
        {
            return [];
        }

        var report = await context.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => _keys.Contains(check.Name), stopping);
        return
        [
            .. report.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal)
                .Select(entry => new HealthReportSnapshot(entry.Key, entry.Value.Status, entry.Value.Description, entry.Value.Exception?.Message)),
        ];
    }

    // A report about a process that has ended meanwhile must not touch the state of the next one.
    private async Task PublishAsync(List<(Instance Instance, int Epoch)> running, Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        foreach (var (instance, epoch) in running)
        {
            await context.Notifications.PublishUpdateAsync(
                resource,
                instance.Id,
                before => instance.Epoch == epoch && before.State?.Text == KnownResourceStates.Running ? change(before) : before);
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
