using System.Globalization;
using Rag.Deploy.Planning.Network;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>
/// The pools of all pods, at their most and while they are rolled out, and what jobs and others open beside them, fit into what PostgreSQL allows. Where they do not, it is under load that
/// pods are refused: the moment at which the autoscaler has just made more of them.
/// </summary>
internal static class ConnectionRules
{
    // superuser_reserved_connections, as PostgreSQL has it by default.
    private const int Reserved = 3;

    public static void Check(PlanContext context, IReadOnlyList<PodDemand> demands, RuleFaults faults)
    {
        foreach (var store in context.Stores.Where(static store => store.Kind == StoreKind.Postgres))
        {
            var users = Users(context, store, demands).ToList();
            var needed = users.Sum(static user => user.Connections) + Reserved;
            var allowed = PostgresPlan.MaxConnections(context, store);
            if (users.Count > 0 && needed > allowed)
            {
                faults.NotAllowed(
                    $"stores.{store.Name}.maxConnections",
                    allowed,
                    $"{needed} to 10000",
                    $"{string.Join(", ", users.Select(static user => user.Text))} may connect and {Reserved} are the superuser's; smaller pools ('pool.size') or fewer pods need fewer");
            }
        }
    }

    private static IEnumerable<(int Connections, string Text)> Users(PlanContext context, StoreResource store, IReadOnlyList<PodDemand> demands)
    {
        foreach (var service in context.Services.Where(service => WorkloadSettings.DatabasesOf(context, service).Contains(store)))
        {
            var settings = WorkloadSettings.For(context, service);
            if (settings.PoolOf(context, service) is { } pool)
            {
                yield return Users(demands, service.Name, pool.Size + pool.Beside);
            }
        }

        // Jobs run beside the services: a migration while the pods of the version before still serve, a copy at any time.
        foreach (var edge in PlatformEdge.All(context).Where(edge => edge.To == store.Name))
        {
            yield return Users(demands, edge.From, edge.Connections);
        }

        // KEDA keeps a small pool for each object that it scales.
        foreach (var service in context.Services.Where(service => WorkloadSettings.For(context, service) is var settings && settings.IsQueueScaled(context) && settings.Own.Queue?.Store == store.Name))
        {
            yield return (2, $"KEDA for {service.Name} with 2");
        }
    }

    private static (int Connections, string Text) Users(IReadOnlyList<PodDemand> demands, string name, int each)
    {
        var pods = demands.Where(demand => demand.Name == Naming.Of(name)).Sum(static demand => demand.Pods);
        return (pods * each, string.Create(CultureInfo.InvariantCulture, $"{name} with {pods} x {each}"));
    }
}
