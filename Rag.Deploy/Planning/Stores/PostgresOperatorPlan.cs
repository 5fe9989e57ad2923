using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// PostgreSQL by CloudNativePG. Its primary gets the app model's name by a Service of ours; the password that the operator makes is mounted
/// where the bundled one would be, so that the consumers see no difference.
/// </summary>
internal static class PostgresOperatorPlan
{
    /// <summary>What the operator's pods listen on, whatever the app model's container does.</summary>
    public const int Port = 5432;

    /// <summary>Who owns the database where the values name nobody.</summary>
    public const string Owner = "app";

    /// <summary>Of one pod of a store that nobody has measured.</summary>
    public static readonly ResourceValues StandardResources = new()
    {
        Requests = new() { Cpu = "500m", Memory = "1Gi" },
        Limits = new() { Cpu = "2", Memory = "2Gi" },
    };

    /// <summary>Pods where the values say nothing: one may be away and there is still one to take over.</summary>
    public const int Instances = 3;

    public static IEnumerable<PlannedObject> Of(PlanContext context, StoreResource store)
    {
        var name = Naming.Of(store.Name);
        var databases = PostgresPlan.Databases(context, store);
        yield return new PlannedObject(
            new PostgresCluster
            {
                Metadata = context.Names.Meta(name, StorePlan.Component, ClusterName(name)),
                Spec = new PostgresClusterSpec
                {
                    Instances = StorePlan.Replicas(store),
                    // The app model's image is none that the operator can run; without one of the values it takes its own.
                    ImageName = context.IsOverridden(store.Container) ? context.Image(store.Container) : null,
                    // Kubernetes' own default needs no word here.
                    ImagePullPolicy = context.Values.Images.PullPolicy is PullPolicy.IfNotPresent ? null : context.Values.Images.PullPolicy.ToString(),
                    ImagePullSecrets = context.PullSecrets,
                    PrimaryUpdateStrategy = "unsupervised",
                    EnableSuperuserAccess = false,
                    Bootstrap = new PostgresBootstrap(new PostgresInit(databases.Count > 0 ? databases[0] : PostgresPlan.User(context, store), PostgresPlan.User(context, store))),
                    PostgresqlSettings = new PostgresSettings(new Labels { ["max_connections"] = store.Values.MaxConnections.ToString(System.Globalization.CultureInfo.InvariantCulture) }),
                    Storage = new PostgresStorage(store.Values.Storage ?? "20Gi", store.Values.StorageClass ?? context.Values.Cluster.StorageClass),
                    Resources = Workloads.PodParts.Resources(StorePlan.Resources(store)),
                    Affinity = new PostgresAffinity(true, "kubernetes.io/hostname", context.Values.Cluster.StrictSpread ? "required" : "preferred"),
                },
            },
            name);
        yield return new PlannedObject(
            new Service
            {
                Metadata = context.Names.Meta(name, StorePlan.Component),
                Spec = new ServiceSpec
                {
                    Type = "ClusterIP",
                    Selector = new Labels { ["cnpg.io/cluster"] = ClusterName(name), ["cnpg.io/instanceRole"] = "primary" },
                    // The operator's pods do not name their ports as the app model does.
                    Ports = [.. StorePlan.Ports(context, store).Select(static port => port with { TargetPort = Port })],
                },
            },
            name);
    }

    /// <summary>Labels that the operator puts on its pods.</summary>
    public static Labels PodLabels(StoreResource store) => new() { ["cnpg.io/cluster"] = ClusterName(Naming.Of(store.Name)) };

    /// <summary>The Secret in which the operator puts what the application connects with.</summary>
    public static string SecretName(StoreResource store) => $"{ClusterName(Naming.Of(store.Name))}-app";

    /// <summary>The operator names Services after the cluster (-rw, -ro, -r); the bare name stays free for the app model's.</summary>
    public static string ClusterName(string name) => $"{name}-cluster";
}
