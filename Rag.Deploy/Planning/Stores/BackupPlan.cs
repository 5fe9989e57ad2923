using System.Diagnostics;
using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Jobs;
using Rag.Deploy.Planning.Network;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// Copies of PostgreSQL, which is where everything is that cannot be made again, and snapshots of Qdrant for those who would rather not wait for
/// an index to be built anew from it. One file for each database or collection and night, complete before it gets its name. Redis holds nothing.
/// </summary>
internal static class BackupPlan
{
    private const string Component = "backup";
    private const string File = "backup";
    private const string Folder = "backup";

    public static IEnumerable<PlannedObject> Of(PlanContext context) => context.Has(Feature.Backup)
        ? context.Stores.Where(static store => store.Values.Backup is not null).SelectMany(store => Of(context, store, store.Values.Backup!))
        : [];

    public static string Name(StoreResource store) => Name(store.Container);

    public static string Name(AppModel.WorkloadResource store) => $"{Naming.Of(store.Name)}-backup";

    /// <summary>The job that somebody starts to restore a copy.</summary>
    public static string RestoreName(StoreResource store) => $"{Naming.Of(store.Name)}-restore";

    /// <summary>The jobs' way to a bucket.</summary>
    public static IEnumerable<NetworkPolicyEgressRule> Outside(PlanContext context, string name) => !context.Has(Feature.Backup) ? [] :
        from store in context.Stores
        where store.Values.Backup?.S3 is not null && (name == Name(store) || name == RestoreName(store))
        select Buckets.Egress(store.Values.Backup!.S3!);

    /// <summary>The jobs' way to their stores.</summary>
    public static IEnumerable<PlatformEdge> Edges(PlanContext context) => !context.Has(Feature.Backup) ? [] :
        from store in context.Stores
        where store.Values.Backup is not null
        from port in StorePlan.ContainerPorts(context, store)
        where store.Kind != StoreKind.Qdrant || port.Name == QdrantPlan.RestPort
        from job in store.Kind == StoreKind.Postgres ? [Name(store), RestoreName(store)] : new[] { Name(store) }
        select new PlatformEdge(job, store.Name, port.ContainerPortNumber);

    private static IEnumerable<PlannedObject> Of(PlanContext context, StoreResource store, BackupValues values)
    {
        var container = store.Kind switch
        {
            StoreKind.Postgres => PostgresCopies.Dump(context, store, values),
            StoreKind.Qdrant => QdrantSnapshots.Container(context, store, values),
            _ => throw new UnreachableException($"The rules let a copy of {store.Kind} pass."),
        };
        var name = Name(store);
        if (values.S3 is null)
        {
            yield return new PlannedObject(
                new PersistentVolumeClaim { Metadata = context.Names.Meta(name, Component), Spec = Claims.Spec(context, values.Storage, store.Values.StorageClass) }, File);
        }

        Container[] copying = values.S3 is { } bucket ? [container with { Name = "backup" }, S3Copies.Upload(context, store, bucket)] : [container with { Name = "backup" }];
        foreach (var planned in JobPods.Scheduled(context, name, Component, File, Template(context, store, name, copying, isRestore: false), Settings(retries: 2), values.Schedule))
        {
            yield return planned;
        }

        if (store.Kind == StoreKind.Postgres)
        {
            // No try is repeated, because the first one says what is wrong.
            var restore = PostgresCopies.Restore(context, store) with { Name = "restore" };
            Container[] restoring = values.S3 is { } from ? [S3Copies.Fetch(context, store, from), restore] : [restore];
            foreach (var planned in JobPods.OnRequest(context, RestoreName(store), Component, File, Template(context, store, RestoreName(store), restoring, isRestore: true), Settings(retries: 0)))
            {
                yield return planned;
            }
        }
    }

    private static JobSettings Settings(int retries) => new(retries, DeadlineSeconds: 6 * 3600, KeepSeconds: 7 * 24 * 3600);

    // The containers run one after another; all but the last are init containers.
    private static PodTemplateSpec Template(PlanContext context, StoreResource store, string name, IReadOnlyList<Container> containers, bool isRestore)
    {
        var values = store.Values.Backup!;
        var all = containers.Select(container => IsCarrier(container) ? Carrier(values, container) : Copier(context, store, container, isRestore)).ToList();
        Volume[] folder = values.S3 is { } bucket
            ? [PodParts.Scratch(Folder, values.Storage), Buckets.Credentials(S3Copies.SecretVolume, bucket)]
            : [new Volume(Folder) { PersistentVolumeClaim = new PersistentVolumeClaimVolume(Name(store)) }];
        Volume[] trust = Verifies(context, store) ? [TrustPlan.Of(context)] : [];
        return JobPods.Template(context, name, Component, all[^1], [.. folder, PodParts.SecretFiles(context, [Password(context, store)]), .. trust], ownsVolumes: true, before: all[..^1]);
    }

    private static bool IsCarrier(Container container) => container.VolumeMounts is not null;

    private static Container Copier(PlanContext context, StoreResource store, Container container, bool isRestore) => container with
    {
        Env = [.. container.Env!, new EnvVar("PASSWORD_FILE") { Value = $"{WorkloadEnvironment.SecretFolder}/{Password(context, store)}" }],
        Resources = Resources(store.Values.Backup!),
        VolumeMounts =
        [
            new ContainerVolumeMount(Folder, "/backup") { ReadOnly = isRestore ? true : null },
            new ContainerVolumeMount(PodParts.SecretVolume, WorkloadEnvironment.SecretFolder) { ReadOnly = true },
            .. Verifies(context, store) ? [TrustPlan.Mount()] : Array.Empty<ContainerVolumeMount>(),
        ],
    };

    private static bool Verifies(PlanContext context, StoreResource store) => store is { Kind: StoreKind.Postgres, Values.Tls: true } && context.Values.Trust is not null;

    private static Container Carrier(BackupValues values, Container container) => container with
    {
        Resources = Resources(values),
        VolumeMounts = [new ContainerVolumeMount(Folder, "/backup"), .. container.VolumeMounts!],
    };

    // A copy that is made in the pod counts as the pod's use of the node's disk.
    private static ResourceRequirements Resources(BackupValues values) => PodParts.Resources(new ResourceValues
    {
        Requests = new() { Cpu = "100m", Memory = "128Mi", EphemeralStorage = "64Mi" },
        Limits = new()
        {
            Cpu = "1", Memory = "512Mi",
            EphemeralStorage = values.S3 is null ? "256Mi" : string.Create(CultureInfo.InvariantCulture, $"{(Quantities.Bytes(values.Storage) >> 20) + 256}Mi"),
        },
    });

    private static string Password(PlanContext context, StoreResource store) =>
        store.Kind == StoreKind.Postgres ? PostgresPlan.Administrator(context, store).Password : StorePlan.Password(context, store);
}
