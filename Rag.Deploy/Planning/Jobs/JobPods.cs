using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Writing;

namespace Rag.Deploy.Planning.Jobs;

/// <summary>What every pod has that ends by itself.</summary>
internal static class JobPods
{
    // Names of pods are the job's with six characters more, and become labels.
    private const int LongestName = 57;
    private const int HashLength = 10;

    /// <summary>
    /// A job and its account. Jobs cannot be changed, only made: the name carries a hash of the whole pod, image and configuration included, so
    /// that a changed one is another job, and an unchanged one is not run again as long as it is kept. After that it is: whatever is made this way has
    /// to bear it.
    /// </summary>
    public static IEnumerable<PlannedObject> Job(PlanContext context, string name, string component, string file, PodTemplateSpec template, JobSettings settings)
    {
        yield return PodParts.Account(context, name, component, file);
        var prefix = name.Length > LongestName - HashLength - 1 ? name[..(LongestName - HashLength - 1)].TrimEnd('-') : name;
        yield return new PlannedObject(
            new Job
            {
                Metadata = context.Names.Meta(name, component, $"{prefix}-{Hash(template)}"),
                Spec = Spec(template, settings),
            },
            file);
    }

    /// <summary>What runs again and again, and its account.</summary>
    public static IEnumerable<PlannedObject> Scheduled(PlanContext context, string name, string component, string file, PodTemplateSpec template, JobSettings settings, string schedule) =>
        Cron(context, name, component, file, template, settings, schedule, suspend: null);

    /// <summary>
    /// What runs when somebody starts it (<c>kubectl create job NAME --from=cronjob/...</c>) and never by itself, not even when everything is applied again: a
    /// CronJob that is suspended. Its schedule is there because there has to be one.
    /// </summary>
    public static IEnumerable<PlannedObject> OnRequest(PlanContext context, string name, string component, string file, PodTemplateSpec template, JobSettings settings) =>
        Cron(context, name, component, file, template, settings, "0 0 1 1 *", suspend: true);

    /// <summary>A pod with one container; what all of them share is filled in here.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="name">Of its account, and what network policies know it by.</param>
    /// <param name="component">What it is for.</param>
    /// <param name="container">Name, image, command, variables, resources and mounts of its own.</param>
    /// <param name="volumes">For those mounts.</param>
    /// <param name="ownsVolumes">Whether its volumes have to belong to its group.</param>
    /// <param name="before">Containers that run before it, one after another.</param>
    public static PodTemplateSpec Template(
        PlanContext context, string name, string component, Container container, IReadOnlyList<Volume> volumes, bool ownsVolumes = false, IReadOnlyList<Container>? before = null) => new(
        new ObjectMeta { Labels = context.Names.Labels(name, component) },
        new PodSpec
        {
            ServiceAccountName = name,
            AutomountServiceAccountToken = false,
            EnableServiceLinks = false,
            PriorityClassName = context.Values.Cluster.PriorityClass,
            RestartPolicy = "Never",
            TerminationGracePeriodSeconds = 30,
            SecurityContext = PodSecurity.Pod(WorkloadSettings.NobodyInParticular, ownsVolumes),
            InitContainers = before is { Count: > 0 } ? [.. before.Select(one => Confined(context, one))] : null,
            Containers = [Confined(context, container)],
            Volumes = [PodParts.Scratch(PodParts.ScratchVolume, "64Mi"), .. volumes],
        });

    private static Container Confined(PlanContext context, Container container) => container with
    {
        ImagePullPolicy = context.Values.Images.PullPolicy.ToString(),
        SecurityContext = PodSecurity.Container(WorkloadSettings.NobodyInParticular),
        VolumeMounts = [new ContainerVolumeMount(PodParts.ScratchVolume, "/tmp"), .. container.VolumeMounts ?? []],
    };

    private static IEnumerable<PlannedObject> Cron(
        PlanContext context, string name, string component, string file, PodTemplateSpec template, JobSettings settings, string schedule, bool? suspend)
    {
        yield return PodParts.Account(context, name, component, file);
        yield return new PlannedObject(
            new CronJob
            {
                Metadata = context.Names.Meta(name, component),
                Spec = new CronJobSpec
                {
                    Schedule = schedule,
                    TimeZone = "Etc/UTC",
                    Suspend = suspend,
                    ConcurrencyPolicy = "Forbid",
                    StartingDeadlineSeconds = 3600,
                    SuccessfulJobsHistoryLimit = 3,
                    FailedJobsHistoryLimit = 3,
                    JobTemplate = new JobTemplate(new ObjectMeta { Labels = context.Names.Labels(name, component) }, Spec(template, settings)),
                },
            },
            file);
    }

    private static JobSpec Spec(PodTemplateSpec template, JobSettings settings) => new()
    {
        BackoffLimit = settings.Retries,
        ActiveDeadlineSeconds = settings.DeadlineSeconds,
        TtlSecondsAfterFinished = settings.KeepSeconds,
        Template = template,
    };

    private static string Hash(PodTemplateSpec template)
    {
        JsonNode tree = ManifestTree.OfPart(template)!;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tree.ToJsonString())))[..HashLength];
    }
}

/// <summary>How long a job tries, and how long it is kept.</summary>
internal sealed record JobSettings(int Retries, int DeadlineSeconds, int KeepSeconds);
