using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Orchestration.Containers;
using Aspire.Hosting.Orchestration.Endpoints;
using Aspire.Hosting.Orchestration.Infrastructure;
using Aspire.Hosting.Orchestration.Logs;
using Aspire.Hosting.Orchestration.Processes;
using Aspire.Hosting.Orchestration.Resources;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Orchestration;

/// <summary>Runs a model on this machine: processes here, servers natively or in containers.</summary>
internal sealed class LocalOrchestrator(
    IServiceProvider services,
    IConfiguration configuration,
    IHostEnvironment environment,
    IHostApplicationLifetime lifetime,
    DistributedApplicationOptions options,
    DistributedApplicationExecutionContext execution,
    IDistributedApplicationEventing eventing,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    ResourceCommandService commands) : IOrchestrator, IAsyncDisposable, IDisposable
{
    private const string HostName = "host";

    private readonly OrchestrationSettings _settings = OrchestrationSettings.Read(configuration, options);
    private readonly List<IResourceRun> _runs = [];
    private StateDirectory? _state;
    private IDisposable? _lock;
    private RunRecords? _records;
    private EndpointTable? _endpoints;
    private DashboardHost? _dashboard;
    private PosixSignalRegistration? _hangUp;

    public async Task StartAsync(DistributedApplicationModel model, CancellationToken cancellationToken)
    {
        // A closed terminal. The host listens to the other signals by itself; our children, in sessions of their own, would stay behind.
        _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            lifetime.StopApplication();
        });
        try
        {
            await StartAllAsync(model, cancellationToken);
        }
        catch
        {
            await StopAsync(CancellationToken.None);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await StopOrder.StopAsync(_runs);
        foreach (var run in _runs)
        {
            await run.DisposeAsync();
        }

        _runs.Clear();
        if (_dashboard is not null)
        {
            await _dashboard.DisposeAsync();
            _dashboard = null;
        }

        if (_endpoints is not null)
        {
            await _endpoints.DisposeAsync();
            _endpoints = null;
        }

        if (_records is not null)
        {
            // Without records this host never had the directory: what is in it is another one's.
            _state?.RemoveVolatileData(_records.RunId);
            _records.Dispose();
            _records = null;
        }

        _lock?.Dispose();
        _lock = null;
        _state?.Dispose();
        _state = null;
        _hangUp?.Dispose();
        _hangUp = null;
    }

    /// <summary>For hosts that are disposed of without being stopped.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    public void Dispose() => StopAsync(CancellationToken.None).GetAwaiter().GetResult();

    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken)
    {
        var run = _runs.FirstOrDefault(run => run.InstanceIds.Append(run.Resource.Name).Contains(resourceId, ResourceName.Comparer));
        if (run is null)
        {
            return new ExecuteCommandResult { Success = false, Message = $"There is no resource '{resourceId}'." };
        }

        if (run is not ProcessResourceRun)
        {
            return new ExecuteCommandResult { Success = false, Message = $"'{resourceId}' has no process of its own to start or stop." };
        }

        if (commandName == KnownResourceCommands.StopCommand || commandName == KnownResourceCommands.RestartCommand)
        {
            await run.StopAsync();
        }

        if (commandName == KnownResourceCommands.StartCommand || commandName == KnownResourceCommands.RestartCommand)
        {
            await run.StartAsync();
        }
        else if (commandName != KnownResourceCommands.StopCommand)
        {
            return new ExecuteCommandResult { Success = false, Message = $"There is no command '{commandName}'; there are start, stop and restart." };
        }

        return new ExecuteCommandResult { Success = true };
    }

    private async Task StartAllAsync(DistributedApplicationModel model, CancellationToken cancellationToken)
    {
        var console = _settings.ConsoleOutput ? ConsoleLog.ForStandardOutput() : null;
        void Say(string line)
        {
            logs.Write(HostName, line, isError: false);
            console?.Write(HostName, line);
        }

        _state = _settings switch
        {
            { TemporaryState: true } => StateDirectory.Temporary(),
            { StateDirectory: { Length: > 0 } given } => StateDirectory.At(given),
            _ => StateDirectory.Lasting(configuration["AppHost:Directory"] ?? environment.ContentRootPath),
        };
        _lock = HostLock.TryTake(_state.Path);
        var other = Leftovers.OtherHost(_state.Path);
        if (_lock is null || other is not null)
        {
            throw new DistributedApplicationException(
                $"This application already runs{(other is null ? "" : $" (process {other.ProcessId})")}; two cannot share the data in '{_state.Path}'. Stop the other one, or start with Ephemeral=true.");
        }

        await Leftovers.EndAsync(_state.Path, Say, cancellationToken);
        await TemporaryStates.CleanAsync(_state.Path, Say, cancellationToken);
        _state.RemoveAbandonedData();
        _records = RunRecords.Open(_state.Path);
        var remember = !_settings.TemporaryState && !_settings.RandomPorts;
        _endpoints = new EndpointTable(new PortMemory(remember ? _state.Path : null), _settings.RandomPorts, Say);
        var recorded = _settings.TemporaryState ? null : InfrastructureRecord.Read(_state.Path);
        var runtime = NeedsRuntime(model, recorded) ? await ContainerRuntime.FindAsync(_settings.ContainerRuntime ?? recorded?.BindingRuntime, cancellationToken) : null;
        var context = new RunContext
        {
            Services = services,
            Execution = execution,
            Eventing = eventing,
            Notifications = notifications,
            Logs = logs,
            Console = console,
            State = _state,
            Records = _records,
            Endpoints = _endpoints,
            Record = ChooseInfrastructure(model, recorded, runtime, Say),
        };
        foreach (var server in model.Resources.Where(ResourceRunFactory.IsServer))
        {
            eventing.Subscribe<ResourceReadyEvent>(server, (_, _) =>
            {
                context.KeepChoice();
                return Task.CompletedTask;
            });
        }

        var factory = new ResourceRunFactory(model, context, runtime, configuration["AppHost:Sha256"] ?? "", options.Assembly);
        foreach (var resource in model.Resources)
        {
            factory.Allocate(resource);
        }

        if (_settings.Dashboard)
        {
            _dashboard = await DashboardHost.StartAsync(environment.ApplicationName, context, commands, _settings.RandomPorts, cancellationToken);
            context.Otlp = _dashboard?.Otlp;
        }

        foreach (var resource in model.Resources)
        {
            if (resource is IResourceWithEndpoints)
            {
                await eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(resource, services), cancellationToken);
                if (resource is IResourceWithConnectionString)
                {
                    await eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, services), cancellationToken);
                }
            }

            if (factory.Create(resource) is { } run)
            {
                _runs.Add(run);
            }
        }

        foreach (var run in _runs)
        {
            await run.StartAsync();
        }
    }

    private InfrastructureRecord ChooseInfrastructure(DistributedApplicationModel model, InfrastructureRecord? recorded, ContainerRuntime? runtime, Action<string> say)
    {
        if (!model.Resources.OfType<ContainerResource>().Any(ResourceRunFactory.IsServer))
        {
            return new InfrastructureRecord(InfrastructureKind.Native);
        }

        var wanted = InfrastructureChoice.Parse(_settings.Infrastructure);
        var missing = ResourceRunFactory.MissingPrograms(model, Path.Combine(_state!.Path, "tools", "postgres", "native", "bin"));
        var (kind, reason) = InfrastructureChoice.Decide(wanted, recorded?.BindingKind, runtime?.Name, missing);
        say(reason);
        var record = recorded is not null && recorded.Kind == kind ? recorded : new InfrastructureRecord(kind) { Ready = false };
        if (kind == InfrastructureKind.Containers)
        {
            record = record with { Runtime = record.BindingRuntime ?? runtime?.Name };
        }

        if (!_state.IsTemporary)
        {
            record.Write(_state.Path);
        }

        return record;
    }

    // With the choice recorded or forced to native and no other containers, nobody has to ask the runtime.
    private bool NeedsRuntime(DistributedApplicationModel model, InfrastructureRecord? recorded)
    {
        var containers = model.Resources.OfType<ContainerResource>().ToList();
        if (containers.Count == 0)
        {
            return false;
        }

        var kind = InfrastructureChoice.Parse(_settings.Infrastructure) ?? recorded?.BindingKind;
        return kind != InfrastructureKind.Native || !containers.TrueForAll(ResourceRunFactory.IsServer);
    }
}
