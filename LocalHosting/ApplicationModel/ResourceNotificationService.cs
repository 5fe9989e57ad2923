using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// Who runs resources publishes their states here; whoever is interested waits for them. Safe for any number of threads. An instance that
/// was never published has no state, and waiting for it goes on until it has.
/// </summary>
public sealed class ResourceNotificationService : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(ResourceName.Comparer);
    private readonly HashSet<Channel<ResourceEvent>> _watchers = [];
    private readonly CancellationTokenSource _disposed = new();
    private readonly WaitBehavior _defaultWaitBehavior;

    internal ResourceNotificationService(WaitBehavior defaultWaitBehavior) => _defaultWaitBehavior = defaultWaitBehavior;

    /// <summary>Publishes a new state of a resource that has one instance.</summary>
    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return PublishUpdateAsync(resource, resource.Name, stateFactory);
    }

    /// <summary>Publishes a new state of the instance <paramref name="resourceId"/>; the factory gets the previous one, under a lock.</summary>
    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(resourceId);
        ArgumentNullException.ThrowIfNull(stateFactory);
        lock (_lock)
        {
            var previous = _current.TryGetValue(resourceId, out var known) ? known.Snapshot : Initial(resource);
            var update = new ResourceEvent(resource, resourceId, WithPendingChecks(resource, stateFactory(previous)));
            _current[resourceId] = update;
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(update);
            }
        }

        return Task.CompletedTask;
    }

    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_lock)
        {
            return _current.TryGetValue(resourceId, out resourceEvent);
        }
    }

    /// <summary>The current states of all instances.</summary>
    internal IReadOnlyList<ResourceEvent> Current()
    {
        lock (_lock)
        {
            return [.. _current.Values];
        }
    }

    /// <summary>The current states, then every change. A slow reader misses nothing: events queue up for it.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>(new() { SingleReader = true });
        lock (_lock)
        {
            foreach (var known in _current.Values)
            {
                channel.Writer.TryWrite(known);
            }

            _watchers.Add(channel);
        }

        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
            await foreach (var update in channel.Reader.ReadAllAsync(either.Token))
            {
                yield return update;
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(channel);
            }
        }
    }

    /// <summary>Waits until an instance of the resource is in <paramref name="targetState"/>; null stands for Running.</summary>
    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <returns>The state that was reached.</returns>
    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        string[] states = [.. targetStates];
        var reached = await WaitForResourceAsync(resourceName, e => states.Contains(e.Snapshot.State?.Text, StringComparer.OrdinalIgnoreCase), cancellationToken);
        return reached.Snapshot.State!.Text;
    }

    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resourceName);
        ArgumentNullException.ThrowIfNull(predicate);
        await foreach (var update in WatchAsync(cancellationToken))
        {
            if (Concerns(update, resourceName) && predicate(update))
            {
                return update;
            }
        }

        throw new OperationCanceledException($"The application ended while something waited for resource '{resourceName}'.", cancellationToken);
    }

    /// <summary>Waits until the resource runs, its health checks pass and the subscribers of its ready event are done.</summary>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, _defaultWaitBehavior, cancellationToken);

    /// <exception cref="DistributedApplicationException">
    /// The resource ended or did not start, and <paramref name="waitBehavior"/> says not to wait for a restart.
    /// </exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(resourceName, e => IsReady(e) || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && IsOver(e)), cancellationToken);
        return IsReady(reached)
            ? reached
            : throw new DistributedApplicationException(
                $"Stopped waiting for resource '{resourceName}' to become healthy because it is {Describe(reached)}. Its log says why.");
    }

    /// <summary>Waits for everything that <paramref name="resource"/> is to be started after.</summary>
    /// <exception cref="DistributedApplicationException">A dependency failed in a way that makes waiting pointless.</exception>
    public async Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resource);
        await Task.WhenAll(resource.Annotations.OfType<WaitAnnotation>().Select(wait => WaitAsync(resource, wait, cancellationToken)));
    }

    public void Dispose()
    {
        _disposed.Cancel();
        _disposed.Dispose();
    }

    private async Task WaitAsync(IResource resource, WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var behavior = wait.WaitBehavior ?? _defaultWaitBehavior;
        bool Done(ResourceEvent e) => wait.WaitType switch
        {
            WaitType.WaitUntilHealthy => IsReady(e),
            WaitType.WaitUntilStarted => e.Snapshot.State?.Text == KnownResourceStates.Running,
            _ => IsOver(e),
        };

        var name = wait.Resource.Name;
        var reached = await WaitForResourceAsync(
            name,
            e => Done(e) || (behavior == WaitBehavior.StopOnResourceUnavailable && IsOver(e)),
            cancellationToken);
        if (!Done(reached))
        {
            throw new DistributedApplicationException($"'{resource.Name}' was not started: it waits for '{name}', which is {Describe(reached)}.");
        }

        if (wait.WaitType == WaitType.WaitForCompletion && reached.Snapshot.ExitCode is { } exitCode && exitCode != wait.ExitCode)
        {
            throw new DistributedApplicationException(
                $"'{resource.Name}' was not started: it waits for '{name}' to complete with exit code {wait.ExitCode}, but it ended with {exitCode}.");
        }
    }

    private static bool Concerns(ResourceEvent update, string resourceName) =>
        ResourceName.Comparer.Equals(update.Resource.Name, resourceName) || ResourceName.Comparer.Equals(update.ResourceId, resourceName);

    private static bool IsReady(ResourceEvent update) =>
        update.Snapshot is { HealthStatus: HealthStatus.Healthy, ReadyEventCompleted: true };

    private static bool IsOver(ResourceEvent update) => KnownResourceStates.TerminalStates.Contains(update.Snapshot.State?.Text ?? string.Empty);

    private static string Describe(ResourceEvent update) => update.Snapshot.ExitCode is { } exitCode
        ? $"{update.Snapshot.State?.Text} with exit code {exitCode}"
        : update.Snapshot.State?.Text ?? "in no known state";

    // A check that has not answered must not count as one that is not there.
    private static CustomResourceSnapshot WithPendingChecks(IResource resource, CustomResourceSnapshot snapshot) => snapshot.HealthReports.IsEmpty
        ? snapshot with
        {
            HealthReports = [.. resource.Annotations.OfType<HealthCheckAnnotation>()
                .Select(check => new HealthReportSnapshot(check.Key, Status: null, Description: null, ExceptionText: null))],
        }
        : snapshot;

    private static CustomResourceSnapshot Initial(IResource resource) => resource.TryGetLastAnnotation<InitialStateAnnotation>(out var annotation)
        ? annotation.Snapshot
        : new CustomResourceSnapshot
        {
            ResourceType = resource switch
            {
                ProjectResource => "Project",
                ExecutableResource => "Executable",
                ContainerResource => "Container",
                ParameterResource => "Parameter",
                _ => resource.GetType().Name.Replace("Resource", string.Empty, StringComparison.Ordinal),
            },
            Properties = [],
            Relationships = [.. resource.Annotations.OfType<ResourceRelationshipAnnotation>()
                .Select(relation => new RelationshipSnapshot(relation.Resource.Name, relation.Type)).Distinct()],
        };
}
