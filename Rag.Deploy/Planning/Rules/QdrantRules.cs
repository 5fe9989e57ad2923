using System.Globalization;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Rules;

/// <summary>Copies of the index need nodes to be on.</summary>
internal static class QdrantRules
{
    // The platform's own variable: how many copies a collection is made with.
    private const string ReplicationFactor = "Rag__Index__Qdrant__ReplicationFactor";

    public static void Check(PlanContext context, RuleFaults faults)
    {
        var nodes = context.Stores.Where(static store => store is { Kind: StoreKind.Qdrant, Values.Mode: StoreMode.Bundled }).Select(static store => store.Values.Replicas ?? 1).ToList();
        if (nodes.Count != 1)
        {
            return;
        }

        foreach (var service in context.Services)
        {
            var text = WorkloadEnvironment.Merged(service, WorkloadSettings.For(context, service)).LastOrDefault(static variable => variable.Name == ReplicationFactor).Text;
            if (text is not null && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var copies) || copies < 1 || copies > nodes[0]))
            {
                faults.NotAllowed($"services.{service.Name}.env.{ReplicationFactor}", text, nodes[0] == 1 ? "1" : $"1 to {nodes[0]}", $"Qdrant has {nodes[0]} node(s)");
            }
        }
    }
}
