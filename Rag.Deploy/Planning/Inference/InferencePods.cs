using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Inference;

/// <summary>One served model: an engine with its GPUs, shared memory and a place for the model's files.</summary>
internal static class InferencePods
{
    /// <summary>That every engine listens on.</summary>
    public const int Port = 8000;

    /// <summary>What it is called.</summary>
    public const string PortName = "http";

    private const string Component = "inference";
    private const string File = "inference";
    private const string CacheVolume = "models";
    private const string CacheFolder = "/models";
    private const int StartupPeriod = 10;

    // A program that is started inside of the pod takes longer than a request of the node's, while the engine is busy above all.
    private const int AskSeconds = 5;

    public static IEnumerable<PlannedObject> Of(PlanContext context, string name, InferenceValues values)
    {
        var engine = Engine.Of(values);
        yield return PodParts.Account(context, name, Component, File);
        if (HasOwnClaim(values))
        {
            yield return new PlannedObject(new PersistentVolumeClaim { Metadata = context.Names.Meta(name, Component), Spec = Claim(context, values) }, File);
        }

        yield return new PlannedObject(
            new Service
            {
                Metadata = context.Names.Meta(name, Component),
                Spec = new ServiceSpec { Type = "ClusterIP", Selector = context.Names.Selector(name), Ports = [new ServicePort(PortName, Port, PortName)] },
            },
            File);
        yield return new PlannedObject(values.Placement == InferencePlacement.Deployment ? Deployment(context, name, values, engine) : PerNode(context, name, values, engine), File);
        if (values.Placement == InferencePlacement.Deployment)
        {
            yield return PodParts.DisruptionBudget(context, name, Component, new DisruptionValues { MaxUnavailable = "1" }, File);
        }
    }

    private static Deployment Deployment(PlanContext context, string name, InferenceValues values, Engine engine) => new()
    {
        Metadata = context.Names.Meta(name, Component, annotations: Reasons(values)),
        Spec = new DeploymentSpec
        {
            Replicas = values.Replicas,
            RevisionHistoryLimit = 3,
            MinReadySeconds = 5,
            ProgressDeadlineSeconds = values.StartupSeconds + 600,
            Selector = new LabelSelector { MatchLabels = context.Names.Selector(name) },
            // One more pod would wait for a GPU that the old one holds, and for its claim.
            Strategy = new DeploymentStrategy("RollingUpdate") { RollingUpdate = new RollingUpdate { MaxUnavailable = 1, MaxSurge = 0 } },
            Template = Template(context, name, values, engine),
        },
    };

    private static Labels Reasons(InferenceValues values)
    {
        var reasons = new Labels { [PodReview.TakenBeforeReady] = "A pod beside the old one would wait for the GPU that it holds." };
        if (values.Replicas == 1)
        {
            reasons[ServicePlan.SingleReplica] = "GPUs are few. Without it questions are answered by quotation, and documents wait for their vectors.";
        }

        return reasons;
    }

    private static DaemonSet PerNode(PlanContext context, string name, InferenceValues values, Engine engine) => new()
    {
        Metadata = context.Names.Meta(name, Component),
        Spec = new DaemonSetSpec
        {
            RevisionHistoryLimit = 3,
            MinReadySeconds = 5,
            Selector = new LabelSelector { MatchLabels = context.Names.Selector(name) },
            UpdateStrategy = new DaemonSetUpdateStrategy("RollingUpdate") { RollingUpdate = new RollingUpdate { MaxUnavailable = 1 } },
            Template = Template(context, name, values, engine),
        },
    };

    private static PodTemplateSpec Template(PlanContext context, string name, InferenceValues values, Engine engine) => new(
        new ObjectMeta { Labels = context.Names.Labels(name, Component) },
        new PodSpec
        {
            ServiceAccountName = name,
            AutomountServiceAccountToken = false,
            EnableServiceLinks = false,
            PriorityClassName = context.Values.Cluster.PriorityClass,
            RuntimeClassName = values.RuntimeClass,
            TerminationGracePeriodSeconds = 120,
            SecurityContext = PodSecurity.Pod(WorkloadSettings.NobodyInParticular, ownsVolumes: true),
            TopologySpreadConstraints = values.Placement == InferencePlacement.Deployment ? PodParts.Spread(context, name) : null,
            NodeSelector = PodParts.NodeSelector(values.NodeSelector),
            Tolerations = PodParts.Tolerations(values.Tolerations),
            Containers = [Container(context, name, values, engine)],
            Volumes =
            [
                PodParts.Scratch(PodParts.ScratchVolume, "2Gi"),
                new Volume("shm") { EmptyDir = new EmptyDirVolume { Medium = "Memory", SizeLimit = values.SharedMemory } },
                Cache(name, values),
            ],
        });

    private static Container Container(PlanContext context, string name, InferenceValues values, Engine engine)
    {
        var serves = engine.Serves(values);
        var probing = Probing.Of(serves, serves, new Probe { TcpSocket = new TcpSocketAction(PortName) }, values.StartupSeconds);
        return new Container
        {
            Name = name,
            Image = context.Image(name, values.Image ?? engine.Image),
            ImagePullPolicy = context.Values.Images.PullPolicy.ToString(),
            Args = [.. engine.Arguments(values), .. values.Args],
            Ports = [new ContainerPort(PortName, Port)],
            Env = [.. Variables(context, values, engine)],
            Resources = Resources(values, engine),
            StartupProbe = probing.Startup! with { PeriodSeconds = StartupPeriod, TimeoutSeconds = AskSeconds, FailureThreshold = Math.Max(1, values.StartupSeconds / StartupPeriod) },
            ReadinessProbe = probing.Readiness! with { PeriodSeconds = StartupPeriod, TimeoutSeconds = AskSeconds },
            LivenessProbe = probing.Liveness,
            Lifecycle = context.HasPreStopSleep ? new Lifecycle(new LifecycleHandler { Sleep = new SleepAction(10) }) : null,
            SecurityContext = PodSecurity.Container(WorkloadSettings.NobodyInParticular),
            VolumeMounts =
            [
                new ContainerVolumeMount(PodParts.ScratchVolume, "/tmp"),
                new ContainerVolumeMount("shm", "/dev/shm"),
                new ContainerVolumeMount(CacheVolume, CacheFolder),
            ],
        };
    }

    private static IEnumerable<EnvVar> Variables(PlanContext context, InferenceValues values, Engine engine)
    {
        var (secret, key) = context.SecretOf(InferencePlan.Key);
        // Neither engine reads its key from a file.
        yield return new EnvVar(engine.KeyVariable) { ValueFrom = new EnvVarSource { SecretKeyRef = new KeySelector(secret, key) } };
        if (values.TokenSecret is { } token)
        {
            yield return new EnvVar("HF_TOKEN") { ValueFrom = new EnvVarSource { SecretKeyRef = new KeySelector(token, "HF_TOKEN") } };
        }

        foreach (var (name, text) in engine.Environment(CacheFolder).Where(variable => !values.Env.ContainsKey(variable.Key)))
        {
            yield return new EnvVar(name) { Value = text };
        }

        foreach (var (name, text) in values.Env.Where(static variable => variable.Value is not null))
        {
            yield return new EnvVar(name) { Value = text };
        }
    }

    private static ResourceRequirements Resources(InferenceValues values, Engine engine)
    {
        var amounts = (values.Resources ?? new ResourceValues()).Or(engine.Resources);
        if (!HasOwnClaim(values) && values.Cache.Claim is null)
        {
            // The folder that goes with the pod is on the node's disk, and counts.
            amounts = amounts with { Limits = amounts.Limits with { EphemeralStorage = Sum(amounts.Limits.EphemeralStorage!, values.Cache.Size) } };
        }

        var resources = PodParts.Resources(amounts);
        if (values.Gpus > 0)
        {
            var gpus = values.Gpus.ToString(CultureInfo.InvariantCulture);
            // Devices cannot be overcommitted: both have to be the same.
            resources.Requests![values.GpuResource] = gpus;
            resources.Limits![values.GpuResource] = gpus;
        }

        return resources;
    }

    private static string Sum(string a, string b) => string.Create(CultureInfo.InvariantCulture, $"{(Quantities.Bytes(a) + Quantities.Bytes(b)) >> 20}Mi");

    private static bool HasOwnClaim(InferenceValues values) => values.Placement == InferencePlacement.Deployment && values.Cache.Claim is null;

    // Several pods share the model's files, on whatever nodes they are.
    private static PersistentVolumeClaimSpec Claim(PlanContext context, InferenceValues values) =>
        Claims.Spec(context, values.Cache.Size, values.Cache.StorageClass) with { AccessModes = [values.Replicas > 1 ? "ReadWriteMany" : "ReadWriteOnce"] };

    private static Volume Cache(string name, InferenceValues values) => new(CacheVolume)
    {
        PersistentVolumeClaim = HasOwnClaim(values) ? new PersistentVolumeClaimVolume(name) : values.Cache.Claim is { } claim ? new PersistentVolumeClaimVolume(claim) : null,
        EmptyDir = HasOwnClaim(values) || values.Cache.Claim is not null ? null : new EmptyDirVolume { SizeLimit = values.Cache.Size },
    };
}
