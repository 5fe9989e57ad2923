using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// Copies of PostgreSQL, which is where everything is that cannot be made again: the index is built from it, and Redis holds nothing. One
/// file for each database and night, complete before it gets its name.
/// </summary>
internal static class BackupPlan
{
    private const string Component = "backup";
    private const string File = "backup";

    // Read by the container's shell. A file that pg_dump has not finished keeps its other name, and the next run removes it.
    private const string Script =
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

    private static IEnumerable<PlannedObject> Of(PlanContext context, StoreResource store, BackupValues values)
    {
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
                            Template = Template(context, store, name, values),
                        }),
                },
            },
            File);
    }

    private static PodTemplateSpec Template(PlanContext context, StoreResource store, string name, BackupValues values)
    {
        var password = StorePlan.Password(context, store);
        return new PodTemplateSpec(
            new ObjectMeta { Labels = context.Names.Labels(name, Component) },
            new PodSpec
            {
                ServiceAccountName = name,
                AutomountServiceAccountToken = false,
                EnableServiceLinks = false,
                PriorityClassName = context.Values.Cluster.PriorityClass,
                RestartPolicy = "Never",
                TerminationGracePeriodSeconds = 30,
                SecurityContext = PodSecurity.Pod(WorkloadSettings.NobodyInParticular, ownsVolumes: true),
                Containers =
                [
                    new Container
                    {
                        Name = "backup",
                        // The server's own image: an older pg_dump refuses a newer server.
                        Image = context.Image(store.Container),
                        ImagePullPolicy = context.Values.Images.PullPolicy.ToString(),
                        Command = ["bash", "-c", Script],
                        Env =
                        [
                            new EnvVar("PGHOST") { Value = store.Values.Mode == StoreMode.External ? store.Values.Host : Naming.Of(store.Name) },
                            new EnvVar("PGPORT") { Value = StorePlan.Ports(context, store)[0].Port.ToString(CultureInfo.InvariantCulture) },
                            new EnvVar("PGUSER") { Value = PostgresPlan.User(context, store) },
                            new EnvVar("DATABASES") { Value = string.Join(' ', PostgresPlan.Databases(context, store)) },
                            new EnvVar("KEEP") { Value = values.Keep.ToString(CultureInfo.InvariantCulture) },
                            new EnvVar("PASSWORD_FILE") { Value = $"{WorkloadEnvironment.SecretFolder}/{password}" },
                        ],
                        Resources = PodParts.Resources(new ResourceValues
                        {
                            Requests = new() { Cpu = "100m", Memory = "128Mi", EphemeralStorage = "64Mi" },
                            Limits = new() { Cpu = "1", Memory = "512Mi", EphemeralStorage = "256Mi" },
                        }),
                        SecurityContext = PodSecurity.Container(WorkloadSettings.NobodyInParticular),
                        VolumeMounts =
                        [
                            new ContainerVolumeMount(PodParts.ScratchVolume, "/tmp"),
                            new ContainerVolumeMount("backup", "/backup"),
                            new ContainerVolumeMount(PodParts.SecretVolume, WorkloadEnvironment.SecretFolder) { ReadOnly = true },
                        ],
                    },
                ],
                Volumes =
                [
                    PodParts.Scratch(PodParts.ScratchVolume, "64Mi"),
                    new Volume("backup") { PersistentVolumeClaim = new PersistentVolumeClaimVolume(name) },
                    PodParts.SecretFiles(context, [password]),
                ],
            });
    }
}
