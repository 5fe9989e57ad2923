using System.Globalization;
using Rag.Deploy.AppModel;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>How many nodes of a Qdrant hold each piece of the index. Whoever makes a collection says it, so the services are told.</summary>
internal static class ReplicationPlan
{
    // One node may be away, for maintenance or for good, and everything is still there.
    private const int Standard = 2;

    /// <summary>In force; null: the store is elsewhere, and the values do not say.</summary>
    public static int? FactorOf(StoreResource store) => store switch
    {
        { Kind: not StoreKind.Qdrant } => null,
        { Values.ReplicationFactor: { } wanted } => wanted,
        { Values.Mode: StoreMode.Bundled } => Math.Min(Standard, StorePlan.Replicas(store)),
        _ => null,
    };

    /// <summary>What tells a service that the app model connects with such a store.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Variables(PlanContext context, WorkloadResource workload) =>
        from store in context.Stores
        where store.Values.ReplicationVariable.Length > 0
        let factor = FactorOf(store)
        where factor is not null && workload.Env.Values.SelectMany(text => context.Resolver.Endpoints(text)).Any(target => target.Workload.Name == store.Name)
        select KeyValuePair.Create(store.Values.ReplicationVariable, factor.Value.ToString(CultureInfo.InvariantCulture));
}
