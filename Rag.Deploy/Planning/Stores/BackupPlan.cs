using System.Diagnostics;
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

    public static IEnumerable<PlannedObject> Of(PlanContext context) => context.Has(Feature.Backup)
        ? context.Stores.Where(static store => store.Values.Backup is not null).SelectMany(store => Of(context, store, store.Values.Backup!))
        : [];

    public static string Name(StoreResource store) => Name(store.Container);

    public static string Name(AppModel.WorkloadResource store) => $"{Naming.Of(store.Name)}-backup";

    /// <summary>The job that somebody starts to restore a copy.</summary>
    public static string RestoreName(StoreResource store) => $"{Naming.Of(store.Name)}-restore";

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
        yield return new PlannedObject(
            new PersistentVolumeClaim { Metadata = context.Names.Meta(name, Component), Spec = Claims.Spec(context, values.Storage, store.Values.StorageClass) }, File);
        foreach (var planned in Job(context, store, name, container with { Name = "backup" }, values.Schedule))
        {
            yield return planned;
        }

        if (store.Kind == StoreKind.Postgres)
        {
            // Nobody's clock starts it: 'kubectl create job --from' makes a job of it. No try is repeated, because the first one says what is wrong.
            foreach (var planned in Job(context, store, RestoreName(store), PostgresCopies.Restore(context, store) with { Name = "restore" }, schedule: null))
            {
                yield return planned;
            }
        }
    }

    private static IEnumerable<PlannedObject> Job(PlanContext context, StoreResource store, string name, Container container, string? schedule)
    {
        yield return PodParts.Account(context, name, Component, File);
        yield return new PlannedObject(
            new CronJob
            {
                Metadata = context.Names.Meta(name, Component),
                Spec = new CronJobSpec
                {
                    Schedule = schedule ?? "0 0 1 1 *",
                    TimeZone = "Etc/UTC",
                    Suspend = schedule is null ? true : null,
                    ConcurrencyPolicy = "Forbid",
                    StartingDeadlineSeconds = 3600,
                    SuccessfulJobsHistoryLimit = 3,
                    FailedJobsHistoryLimit = 3,
                    JobTemplate = new JobTemplate(
                        new ObjectMeta { Labels = context.Names.Labels(name, Component) },
                        new JobSpec
                        {
                            BackoffLimit = schedule is null ? 0 : 2,
                            ActiveDeadlineSeconds = 6 * 3600,
                            TtlSecondsAfterFinished = 7 * 24 * 3600,
                            Template = Template(context, store, name, container, mayWrite: schedule is not null),
                        }),
                },
            },
            File);
    }

    private static PodTemplateSpec Template(PlanContext context, StoreResource store, string name, Container container, bool mayWrite) => JobPods.Template(
        context,
        name,
        Component,
        container with
        {
            Env = [.. container.Env!, new EnvVar("PASSWORD_FILE") { Value = $"{WorkloadEnvironment.SecretFolder}/{Password(context, store)}" }],
            Resources = PodParts.Resources(new ResourceValues
            {
                Requests = new() { Cpu = "100m", Memory = "128Mi", EphemeralStorage = "64Mi" },
                Limits = new() { Cpu = "1", Memory = "512Mi", EphemeralStorage = "256Mi" },
            }),
            VolumeMounts =
            [
                new ContainerVolumeMount("backup", "/backup") { ReadOnly = mayWrite ? null : true },
                new ContainerVolumeMount(PodParts.SecretVolume, WorkloadEnvironment.SecretFolder) { ReadOnly = true },
            ],
        },
        [new Volume("backup") { PersistentVolumeClaim = new PersistentVolumeClaimVolume(Name(store)) }, PodParts.SecretFiles(context, [Password(context, store)])],
        ownsVolumes: true);

    private static string Password(PlanContext context, StoreResource store) =>
        store.Kind == StoreKind.Postgres ? PostgresPlan.Administrator(context, store).Password : StorePlan.Password(context, store);
}
