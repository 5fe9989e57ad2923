using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Orchestration.Endpoints;
using Aspire.Hosting.Orchestration.Infrastructure;
using Aspire.Hosting.Orchestration.Logs;
using Aspire.Hosting.Orchestration.Processes;
using Aspire.Hosting.Orchestration.Resources;

namespace Aspire.Hosting.Orchestration;

/// <summary>What everything that runs in one run shares.</summary>
internal sealed class RunContext
{
    private readonly Lock _recordLock = new();

    public required IServiceProvider Services { get; init; }

    public required DistributedApplicationExecutionContext Execution { get; init; }

    public required IDistributedApplicationEventing Eventing { get; init; }

    public required ResourceNotificationService Notifications { get; init; }

    public required ResourceLoggerService Logs { get; init; }

    /// <summary>Null where output goes to nobody's terminal, as in tests.</summary>
    public required ConsoleLog? Console { get; init; }

    public required StateDirectory State { get; init; }

    public required RunRecords Records { get; init; }

    public required EndpointTable Endpoints { get; init; }

    /// <summary>Where servers run, and where their data is.</summary>
    public required InfrastructureRecord Record { get; set; }

    /// <summary>Where services send telemetry; null without a dashboard.</summary>
    public OtlpTarget? Otlp { get; set; }

    /// <summary>Where <c>rag</c> unpacks what a machine lacks.</summary>
    public string Tools => Path.Combine(State.Path, "tools");

    public string FetchedPostgres => Path.Combine(Tools, "postgres", "native", "bin");

    public RestartPolicy RestartPolicy { get; init; } = new();

    /// <summary>A line of the host itself, about a resource or about everything.</summary>
    public void Log(string name, string line, bool isError = false)
    {
        Logs.Write(name, line, isError);
        Console?.Write(name, line, isError);
    }

    /// <summary>A line of a process.</summary>
    public void Output(IResource resource, Instance instance, string line, bool isError)
    {
        Logs.Write(instance.Id, line, isError);
        if (instance.Id != resource.Name)
        {
            Logs.Write(resource.Name, line, isError);
        }

        Console?.Write(instance.Id, line, isError);
    }

    /// <summary>Remembers where a server's data is. A run that leaves nothing remembers nothing.</summary>
    public void Keep(string resourceName, ServerRecord server)
    {
        lock (_recordLock)
        {
            Record = Record.With(resourceName, server);
            if (!State.IsTemporary)
            {
                Record.Write(State.Path);
            }
        }
    }

    /// <summary>A server came up: from now on its kind is what later starts keep to.</summary>
    public void KeepChoice()
    {
        lock (_recordLock)
        {
            if (Record.Ready)
            {
                return;
            }

            Record = Record with { Ready = true };
            if (!State.IsTemporary)
            {
                Record.Write(State.Path);
            }
        }
    }

    /// <summary>The model's variables for one instance, and those for telemetry.</summary>
    public async Task<IReadOnlyList<ResolvedVariable>> VariablesAsync(IResource resource, Instance instance, CancellationToken cancellationToken)
    {
        var variables = await ResourceConfiguration.ResolveEnvironmentAsync(resource, Values(resource, instance), cancellationToken);
        return resource.Annotations.OfType<OtlpExporterAnnotation>().Any() && Otlp is { } otlp
            ? [.. variables, .. otlp.Variables(resource.Name, instance.Id).ExceptBy(variables.Select(variable => variable.Name), variable => variable.Name)]
            : variables;
    }

    public Task<IReadOnlyList<string>> ArgumentsAsync(IResource resource, Instance instance, CancellationToken cancellationToken) =>
        ResourceConfiguration.ResolveArgumentsAsync(resource, Values(resource, instance), cancellationToken);

    private ValueProviderContext Values(IResource resource, Instance instance) =>
        new() { ExecutionContext = Execution, Caller = resource, TargetPortOf = instance.TargetPortOf };
}
