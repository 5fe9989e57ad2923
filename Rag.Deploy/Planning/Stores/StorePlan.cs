using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// A store of the app model. Whatever its mode, the app model's name leads to it: for a store outside that name is an alias, for tools and
/// people; the services use its own name.
/// </summary>
internal static class StorePlan
{
    public const string Component = "store";

    public static IEnumerable<PlannedObject> Of(PlanContext context, StoreResource store) => store is { Values.Mode: not StoreMode.External, Container.Bindings.Count: 0 }
        ? throw new AppModel.ManifestException(
            context.Manifest.File, store.Name, "'bindings' is missing: it has no endpoint, so nobody could connect to it.",
            $"Give it one in the app host: WithEndpoint(targetPort: ...). Where it runs elsewhere: 'stores.{store.Name}.mode: external'.")
        : Planned(context, store);

    private static IEnumerable<PlannedObject> Planned(PlanContext context, StoreResource store) => (store.Values.Mode, store.Kind) switch
    {
        (StoreMode.External, _) => External(context, store),
        (StoreMode.Operator, StoreKind.Postgres) => PostgresOperatorPlan.Of(context, store),
        (StoreMode.Bundled, StoreKind.Postgres) => PostgresPlan.Of(context, store),
        (StoreMode.Bundled, StoreKind.Redis) => RedisPlan.Of(context, store),
        (StoreMode.Bundled, StoreKind.Qdrant) => QdrantPlan.Of(context, store),
        var other => throw new InvalidOperationException($"There is no plan for {other}."),
    };

    /// <summary>Pods of it, where it runs here.</summary>
    public static int Replicas(StoreResource store) => store.Values.Replicas ?? (store.Values.Mode == StoreMode.Operator ? PostgresOperatorPlan.Instances : 1);

    /// <summary>What one of its pods gets, where it runs here.</summary>
    public static ResourceValues Resources(StoreResource store) => (store.Values.Resources ?? new ResourceValues()).Or((store.Kind, store.Values.Mode) switch
    {
        (StoreKind.Postgres, StoreMode.Operator) => PostgresOperatorPlan.StandardResources,
        (StoreKind.Postgres, _) => PostgresPlan.StandardResources,
        (StoreKind.Redis, _) => RedisPlan.StandardResources,
        _ => QdrantPlan.StandardResources,
    });

    /// <summary>Ports of a store by the app model's endpoints.</summary>
    public static IReadOnlyList<ServicePort> Ports(PlanContext context, StoreResource store) =>
        [.. WorkloadPorts.Of(context, store.Container).Service.Select(static port => port with { AppProtocol = null })];

    /// <summary>Ports that its pods listen on.</summary>
    public static IReadOnlyList<ContainerPort> ContainerPorts(PlanContext context, StoreResource store) =>
        WorkloadPorts.Of(context, store.Container).Container;

    /// <summary>The parameter whose value is the store's password or key.</summary>
    /// <exception cref="AppModel.ManifestException">There is none: the store would be open to everybody in the cluster.</exception>
    public static string Password(PlanContext context, StoreResource store)
    {
        var text = store.Container.ConnectionString ?? "";
        var secrets = context.Resolver.Resolve(store.Name, "connectionString", text).Secrets.Select(static secret => secret.Parameter).Distinct().ToList();
        return secrets is [var only] ? only : throw new AppModel.ManifestException(
            context.Manifest.File, store.Name, $"its connection string names {secrets.Count} secrets; one password or key is expected.");
    }

    private static IEnumerable<PlannedObject> External(PlanContext context, StoreResource store)
    {
        var host = store.Values.Host!;
        if (System.Net.IPAddress.TryParse(host, out _))
        {
            // An alias is a name for a name; an address has none.
            yield break;
        }

        var name = Naming.Of(store.Name);
        yield return new PlannedObject(
            new Service
            {
                Metadata = context.Names.Meta(name, Component),
                Spec = new ServiceSpec { Type = "ExternalName", ExternalName = host },
            },
            name);
    }
}
