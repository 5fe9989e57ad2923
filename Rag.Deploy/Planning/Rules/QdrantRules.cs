using System.Globalization;
using Rag.Deploy.Planning.Stores;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>Copies of the index need nodes to be on.</summary>
internal static class QdrantRules
{
    public static void Check(PlanContext context, RuleFaults faults)
    {
        foreach (var store in context.Stores.Where(static store => store is { Kind: StoreKind.Qdrant, Values.Mode: StoreMode.Bundled }))
        {
            var nodes = StorePlan.Replicas(store);
            if (ReplicationPlan.FactorOf(store) is { } factor && factor > nodes)
            {
                faults.NotAllowed($"stores.{store.Name}.replicationFactor", factor, Allowed(nodes), Reason(nodes));
            }
            else if (store.Values.ReplicationVariable is { Length: > 0 } variable)
            {
                Told(context, variable, nodes, faults);
            }
        }
    }

    // A service may be told otherwise by a variable of its own.
    private static void Told(PlanContext context, string variable, int nodes, RuleFaults faults)
    {
        foreach (var service in context.Services)
        {
            var text = WorkloadEnvironment.Merged(service, WorkloadSettings.For(context, service)).LastOrDefault(other => other.Name == variable).Text;
            if (text is not null && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var copies) || copies < 1 || copies > nodes))
            {
                faults.NotAllowed($"services.{service.Name}.env.{variable}", text, Allowed(nodes), Reason(nodes));
            }
        }
    }

    private static string Allowed(int nodes) => nodes == 1 ? "1" : string.Create(CultureInfo.InvariantCulture, $"1 to {nodes}");

    private static string Reason(int nodes) => string.Create(CultureInfo.InvariantCulture, $"Qdrant has {nodes} node(s)");
}
