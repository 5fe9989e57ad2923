using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration.Processes;
using Aspire.Hosting.Orchestration.Resources;

namespace Aspire.Hosting.Orchestration.Workloads;

/// <summary>How the processes of one resource are made.</summary>
internal interface IWorkload
{
    /// <summary>How many of them run side by side.</summary>
    int Replicas { get; }

    /// <summary>Everything an instance needs, done anew before each start.</summary>
    Task<Launch> PrepareAsync(Instance instance, CancellationToken cancellationToken);

    /// <summary>After the last process of the resource has ended.</summary>
    Task CleanAsync() => Task.CompletedTask;
}

/// <summary>A process to start and what is shown of it.</summary>
internal sealed record Launch(ChildSpecification Process)
{
    public IReadOnlyList<ResolvedVariable> Variables { get; init; } = [];

    public IReadOnlyList<ResourcePropertySnapshot> Properties { get; init; } = [];
}
