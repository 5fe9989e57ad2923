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

    // Read by the container's shell. A file that pg_dump has not finished keeps its other name, and the next run removes it.
    private const string DumpScript =
        """
        set -eu
        umask 077
        export PGPASSWORD="$(cat "$PASSWORD_FILE")"
        rm -f /backup/*.part
        for database in $DATABASES; do
          name="/backup/$database-$(date -u +%Y%m%dT%H%M%SZ).dump"
          pg_dump --format=custom --file="$name.part" --dbname="$database"
          mv "$name.part" "$name"
          ls -1t "/backup/$database"-*.dump | tail -n "+$((KEEP + 1))" | xargs -r rm --
        done
        ls -l /backup
        """;

    public static IEnumerable<PlannedObject> Of(PlanContext context) => context.Has(Feature.Backup)
        ? context.Stores.Where(static store => store.Values.Backup is not null).SelectMany(store => Of(context, store, store.Values.Backup!))
        : [];

    public static string Name(StoreResource store) => Name(store.Container);

    public static string Name(AppModel.WorkloadResource store) => $"{Naming.Of(store.Name)}-backup";

    /// <summary>The jobs' way to their stores.</summary>
    public static IEnumerable<PlatformEdge> Edges(PlanContext context) => !context.Has(Feature.Backup) ? [] :
        from store in context.Stores
        where store.Values.Backup is not null
        from port in StorePlan.ContainerPorts(context, store)
        where store.Kind != StoreKind.Qdrant || port.Name == QdrantPlan.RestPort
        select new PlatformEdge(Name(store), store.Name, port.ContainerPortNumber);

    private static IEnumerable<PlannedObject> Of(PlanContext context, StoreResource store, BackupValues values)
    {
        var container = store.Kind switch
        {
            StoreKind.Postgres => Dump(context, store, values),
            StoreKind.Qdrant => QdrantSnapshots.Container(context, store, values),
            _ => throw new UnreachableException($"The rules let a copy of {store.Kind} pass."),
        };
        var name = Name(store);
        yield return PodParts.Account(context, name, Component, File);
        yield return new PlannedObject(
            new PersistentVolumeClaim { Metadata = context.Names.Meta(name, Component), Spec = Claims.Spec(context, values.Storage, store.Values.StorageClass) }, File);
        yield return new PlannedObject(
            new CronJob
            {
                Metadata = context.Names.Meta(name, Component),
                Spec = new CronJobSpec
                {
                    Schedule = values.Schedule,
                    TimeZone = "Etc/UTC",
                    ConcurrencyPolicy = "Forbid",
                    StartingDeadlineSeconds = 3600,
                    SuccessfulJobsHistoryLimit = 3,
                    FailedJobsHistoryLimit = 3,
                    JobTemplate = new JobTemplate(
                        new ObjectMeta { Labels = context.Names.Labels(name, Component) },
                        new JobSpec
                        {
                            BackoffLimit = 2,
                            ActiveDeadlineSeconds = 6 * 3600,
                            TtlSecondsAfterFinished = 7 * 24 * 3600,
                            Template = Template(context, store, name, container),
                        }),
                },
            },
            File);
    }

    private static PodTemplateSpec Template(PlanContext context, StoreResource store, string name, Container container) => JobPods.Template(
        context,
        name,
        Component,
        container with
        {
            Name = "backup",
            Env = [.. container.Env!, new EnvVar("PASSWORD_FILE") { Value = $"{WorkloadEnvironment.SecretFolder}/{Password(context, store)}" }],
            Resources = PodParts.Resources(new ResourceValues
            {
                Requests = new() { Cpu = "100m", Memory = "128Mi", EphemeralStorage = "64Mi" },
                Limits = new() { Cpu = "1", Memory = "512Mi", EphemeralStorage = "256Mi" },
            }),
            VolumeMounts =
            [
                new ContainerVolumeMount("backup", "/backup"),
                new ContainerVolumeMount(PodParts.SecretVolume, WorkloadEnvironment.SecretFolder) { ReadOnly = true },
            ],
        },
        [new Volume("backup") { PersistentVolumeClaim = new PersistentVolumeClaimVolume(name) }, PodParts.SecretFiles(context, [Password(context, store)])],
        ownsVolumes: true);

    private static string Password(PlanContext context, StoreResource store) =>
        store.Kind == StoreKind.Postgres ? PostgresPlan.Administrator(context, store).Password : StorePlan.Password(context, store);

    private static Container Dump(PlanContext context, StoreResource store, BackupValues values) => new()
    {
        Name = "",
        // The server's own image: an older pg_dump refuses a newer server.
        Image = context.Image(store.Container),
        ImagePullPolicy = "",
        Command = ["bash", "-c", DumpScript],
        Env =
        [
            new EnvVar("PGHOST") { Value = context.Host(store.Container) },
            new EnvVar("PGPORT") { Value = StorePlan.Ports(context, store)[0].Port.ToString(CultureInfo.InvariantCulture) },
            new EnvVar("PGUSER") { Value = PostgresPlan.Administrator(context, store).User },
            new EnvVar("DATABASES") { Value = string.Join(' ', PostgresPlan.Databases(context, store)) },
            new EnvVar("KEEP") { Value = values.Keep.ToString(CultureInfo.InvariantCulture) },
        ],
    };
}
