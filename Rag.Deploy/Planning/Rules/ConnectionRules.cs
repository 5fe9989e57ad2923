using System.Globalization;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>
/// The pools of all pods, at their most and while they are rolled out, fit into what PostgreSQL allows. Where they do not, it is under load that
/// pods are refused: the moment at which the autoscaler has just made more of them.
/// </summary>
internal static class ConnectionRules
{
    // superuser_reserved_connections, as PostgreSQL has it by default.
    private const int Reserved = 3;

    public static void Check(PlanContext context, RuleFaults faults)
    {
        foreach (var store in context.Stores.Where(static store => store.Kind == StoreKind.Postgres))
        {
            var users = Users(context, store).ToList();
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

    private static IEnumerable<(int Connections, string Text)> Users(PlanContext context, StoreResource store)
    {
        foreach (var service in context.Services.Where(service => WorkloadSettings.DatabasesOf(context, service).Contains(store)))
        {
            var settings = WorkloadSettings.For(context, service);
            if (settings.PoolOf(context, service) is { } pool)
            {
                var pods = settings.Pods(context).Most + (WorkloadSettings.IsStateful(service) ? 0 : WorkloadSettings.Surge);
                var each = pool.Size + pool.Beside;
                yield return (pods * each, string.Create(CultureInfo.InvariantCulture, $"{service.Name} with {pods} x {each}"));
            }
        }

        if (context.Has(Feature.Backup) && store.Values.Backup is not null)
        {
            yield return (1, "the backup with 1");
        }

        // KEDA keeps a small pool for each object that it scales.
        foreach (var service in context.Services.Where(service => WorkloadSettings.For(context, service) is var settings && settings.IsQueueScaled(context) && settings.QueueScaling!.Store == store.Name))
        {
            yield return (2, $"KEDA for {service.Name} with 2");
        }
    }
}
