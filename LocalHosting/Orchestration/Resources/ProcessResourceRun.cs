using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration.Processes;
using Aspire.Hosting.Orchestration.Workloads;

namespace Aspire.Hosting.Orchestration.Resources;

/// <summary>A resource with processes: waits for what it depends on, runs its instances under supervision, watches their health.</summary>
internal sealed class ProcessResourceRun : IResourceRun
{
    private readonly RunContext _context;
    private readonly IWorkload _workload;
    private readonly Instance[] _instances;
    private readonly ReadinessMonitor _readiness;
    private readonly bool _restarts;
    private readonly SemaphoreSlim _commands = new(1, 1);
    private readonly ConcurrentDictionary<string, Supervisor> _supervisors = new(StringComparer.Ordinal);
    private CancellationTokenSource? _stopping;
    private Task _running = Task.CompletedTask;

    public ProcessResourceRun(IResource resource, IWorkload workload, bool restarts, RunContext context)
    {
        Resource = resource;
        _context = context;
        _workload = workload;
        _restarts = restarts;
        _instances = [.. Enumerable.Range(1, workload.Replicas).Select(number => new Instance(resource, number, workload.Replicas))];
        _readiness = new ReadinessMonitor(resource, _instances, context);
    }

    public IResource Resource { get; }

    public IEnumerable<string> InstanceIds => _instances.Select(instance => instance.Id);

    public async Task StartAsync()
    {
        await _commands.WaitAsync(CancellationToken.None);
        try
        {
            if (!_running.IsCompleted)
            {
                foreach (var supervisor in _supervisors.Values)
                {
                    supervisor.Hurry();
                }

                return;
            }

            _stopping?.Dispose();
            _stopping = new CancellationTokenSource();
            var token = _stopping.Token;
            // Before this returns: whoever waits from now on must not see how the last start ended.
            await PublishAllAsync(before => InstanceStates.Pending(before, KnownResourceStates.Starting, Now));
            _running = Task.Run(() => RunAsync(token), CancellationToken.None);
        }
        finally
        {
            _commands.Release();
        }
    }

    public async Task StopAsync()
    {
        await _commands.WaitAsync(CancellationToken.None);
        try
        {
            if (_stopping is not null)
            {
                await _stopping.CancelAsync();
            }

            await _running;
        }
        finally
        {
            _commands.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping?.Dispose();
        _commands.Dispose();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            if (Resource.Annotations.OfType<WaitAnnotation>().Any())
            {
                await PublishAllAsync(before => InstanceStates.Pending(before, KnownResourceStates.Waiting, Now));
                await _context.Notifications.WaitForDependenciesAsync(Resource, stopping);
            }

            await PublishAllAsync(before => InstanceStates.Pending(before, KnownResourceStates.Starting, Now));
            await _context.Eventing.PublishAsync(new BeforeResourceStartedEvent(Resource, _context.Services), stopping);
            using var watching = new CancellationTokenSource();
            var readiness = _readiness.RunAsync(watching.Token);
            await Task.WhenAll(_instances.Select(instance => SuperviseAsync(instance, stopping)));
            await watching.CancelAsync();
            await readiness;
            await _workload.CleanAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await PublishAllAsync(before => InstanceStates.Changed(before, new ProcessChange(ProcessPhase.Ended) { WasAsked = true }, Now));
        }
        catch (Exception e)
        {
            // A dependency that failed, or a subscriber's error: the resource is what failed, not the host.
            _context.Log(Resource.Name, e.Message, isError: true);
            await PublishAllAsync(before => InstanceStates.Changed(before, new ProcessChange(ProcessPhase.FailedToStart), Now));
        }
    }

    private async Task SuperviseAsync(Instance instance, CancellationToken stopping)
    {
        Launch? launch = null;
        var supervisor = new Supervisor
        {
            Specification = async cancellationToken =>
            {
                instance.ChoosePorts(_context.Endpoints);
                launch = await _workload.PrepareAsync(instance, cancellationToken);
                return launch.Process;
            },
            OnLine = (line, isError) => _context.Output(Resource, instance, line, isError),
            OnChange = change => OnChangeAsync(instance, launch, change),
            Records = _context.Records,
            Policy = _context.RestartPolicy,
            IsCrash = exitCode => _restarts && exitCode != 0,
        };
        _supervisors[instance.Id] = supervisor;
        await supervisor.RunAsync(stopping);
    }

    private async Task OnChangeAsync(Instance instance, Launch? launch, ProcessChange change)
    {
        if (change is { Phase: ProcessPhase.Running, ProcessId: { } processId })
        {
            instance.Started(_context.Endpoints);
            await _context.Notifications.PublishUpdateAsync(
                Resource, instance.Id, before => InstanceStates.Running(before, Resource, launch!, processId, Now));
            _readiness.Wake();
            return;
        }

        if (instance.IsRunning)
        {
            instance.Ended(_context.Endpoints);
        }

        await _context.Notifications.PublishUpdateAsync(Resource, instance.Id, before => InstanceStates.Changed(before, change, Now));
        switch (change)
        {
            case { RestartsIn: { } wait }:
                _context.Log(instance.Id, FormattableString.Invariant($"Ended with exit code {change.ExitCode}; starting again in {wait.TotalSeconds:0.#} s."), isError: true);
                break;
            case { Problem: { } problem }:
                _context.Log(instance.Id, problem, isError: true);
                break;
            case { Phase: ProcessPhase.Ended, WasAsked: false, ExitCode: not (null or 0) }:
                _context.Log(instance.Id, FormattableString.Invariant($"Ended with exit code {change.ExitCode}."), isError: true);
                break;
        }

        if (change.Phase is ProcessPhase.Ended or ProcessPhase.FailedToStart
            && _context.Notifications.TryGetCurrentState(instance.Id, out var state))
        {
            await _context.Eventing.PublishAsync(new ResourceStoppedEvent(Resource, _context.Services, state), CancellationToken.None);
        }
    }

    private async Task PublishAllAsync(Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        foreach (var instance in _instances)
        {
            await _context.Notifications.PublishUpdateAsync(Resource, instance.Id, change);
        }
    }

    private static DateTime Now => TimeProvider.System.GetUtcNow().UtcDateTime;
}
