using Rag.Deploy.Planning.Inference;
using Rag.Deploy.Planning.Jobs;
using Rag.Deploy.Planning.Stores;

namespace Rag.Deploy.Planning.Network;

/// <summary>A connection that a part of the platform opens or takes, and that no reference of the app model names: a job's to the database, a service's to a model.</summary>
/// <param name="From">Who opens it: a workload of the app model, or a part by the name that its pods carry.</param>
/// <param name="To">Who is listening, likewise.</param>
/// <param name="Port">That the pods of <paramref name="To"/> listen on.</param>
internal sealed record PlatformEdge(string From, string To, int Port)
{
    /// <summary>Connections that one of its pods opens at the same time, which a server of PostgreSQL counts.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PlatformEdge> All(PlanContext context) =>
    [
        .. MigrationPlan.Edges(context),
        .. BackupPlan.Edges(context),
        .. ApiJobs.Edges(context),
        .. InferencePlan.Edges(context),
    ];
}
