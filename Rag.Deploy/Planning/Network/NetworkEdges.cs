using Rag.Deploy.AppModel;
using Rag.Deploy.Planning.Workloads;

namespace Rag.Deploy.Planning.Network;

/// <summary>Who talks to whom, as the app model's references say: a workload that is given an endpoint's address is meant to use it.</summary>
/// <param name="From">Who opens the connection.</param>
/// <param name="To">Who is listening.</param>
/// <param name="Endpoint">Where.</param>
internal sealed record NetworkEdge(WorkloadResource From, WorkloadResource To, string Endpoint)
{
    /// <summary>All edges, in the order of the app model.</summary>
    public static IReadOnlyList<NetworkEdge> All(PlanContext context) =>
        [.. context.Services.SelectMany(service => Of(context, service)).Distinct()];

    /// <summary>Those of one workload.</summary>
    public static IEnumerable<NetworkEdge> Of(PlanContext context, WorkloadResource service)
    {
        var settings = WorkloadSettings.For(context, service);
        var texts = WorkloadEnvironment.Merged(service, settings).Select(static variable => variable.Text).Concat(settings.Args);
        return texts.SelectMany(text => context.Resolver.Endpoints(text))
            .Where(target => target.Workload.Name != service.Name && target.Workload is not ExecutableResource)
            .Select(target => new NetworkEdge(service, target.Workload, target.Endpoint));
    }
}
