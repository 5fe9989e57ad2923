using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Monitoring;

/// <summary>
/// The OpenTelemetry collector, to which every service sends. One pod: what it holds of a metric is the last word of each process, and two
/// that hold different ones would both be scraped. A new one is ready before the old one goes, and the services keep what they could not send.
/// </summary>
internal static class CollectorPlan
{
    public const string Name = "otel-collector";
    public const string MetricsPortName = "metrics";
    public const string OwnMetricsPortName = "own-metrics";
    public const int GrpcPort = 4317;
    public const int HttpPort = 4318;
    public const int MetricsPort = 8889;
    public const int OwnMetricsPort = 8888;

    // The account of the image.
    private const int ImageUser = 10001;
    private const string ConfigFolder = "/etc/otelcol";
    private const string ConfigFile = "config.yaml";
    private const string AuthorizationFolder = "/run/secrets/otlp";
    private const string File = "collector";

    /// <summary>Of its pod, where the values say nothing.</summary>
    public static readonly ResourceValues StandardResources = new()
    {
        Requests = new() { Cpu = "100m", Memory = "256Mi", EphemeralStorage = "64Mi" },
        Limits = new() { Cpu = "1", Memory = "512Mi", EphemeralStorage = "256Mi" },
    };

    public static IEnumerable<PlannedObject> Of(PlanContext context)
    {
        var config = new Labels { [ConfigFile] = CollectorConfig.Text(context) };
        yield return PodParts.Account(context, Name, MonitoringPlan.Component, File);
        yield return new PlannedObject(new ConfigMap { Metadata = Meta(context, ConfigName), Data = config }, File);
        yield return new PlannedObject(
            new Service
            {
                Metadata = Meta(context),
                Spec = new ServiceSpec
                {
                    Type = "ClusterIP",
                    Selector = context.Names.Selector(Name),
                    Ports = [.. Ports.Select(static port => new ServicePort(port.Name, port.ContainerPortNumber, port.Name))],
                },
            },
            File);
        yield return new PlannedObject(Deployment(context, config), File);
        yield return PodParts.DisruptionBudget(context, Name, MonitoringPlan.Component, new DisruptionValues { MaxUnavailable = "1" }, File);
    }

    /// <summary>Where the file with the receiver's header is, for the collector's configuration.</summary>
    public static string AuthorizationFile => $"{AuthorizationFolder}/authorization";

    private static string ConfigName => $"{Name}-config";

    private static IReadOnlyList<ContainerPort> Ports { get; } =
    [
        new ContainerPort("otlp-grpc", GrpcPort),
        new ContainerPort("otlp-http", HttpPort),
        new ContainerPort(MetricsPortName, MetricsPort),
        new ContainerPort(OwnMetricsPortName, OwnMetricsPort),
    ];

    private static Deployment Deployment(PlanContext context, Labels config) => new()
    {
        Metadata = Meta(context, annotations: new Labels { [ServicePlan.SingleReplica] = "It holds the last word of each process; the services keep what they could not send while it is replaced." }),
        Spec = new DeploymentSpec
        {
            Replicas = 1,
            RevisionHistoryLimit = 3,
            MinReadySeconds = 5,
            Selector = new LabelSelector { MatchLabels = context.Names.Selector(Name) },
            Strategy = new DeploymentStrategy("RollingUpdate") { RollingUpdate = new RollingUpdate { MaxUnavailable = 0, MaxSurge = 1 } },
            Template = Template(context, config),
        },
    };

    private static PodTemplateSpec Template(PlanContext context, Labels config)
    {
        var values = context.Values.Monitoring.Collector;
        var image = context.Image(Name, values.Image);
        var resources = (values.Resources ?? new ResourceValues()).Or(StandardResources);
        var answers = new Probe { HttpGet = new HttpGetAction("/", "health") };
        var probing = Probing.Of(answers, answers, new Probe { TcpSocket = new TcpSocketAction("health") }, startupSeconds: 60);
        var authorization = values.Otlp?.AuthorizationSecret;
        var container = new Container
        {
            Name = Name,
            Image = image,
            ImagePullPolicy = "",
            Args = ["--config", $"{ConfigFolder}/{ConfigFile}"],
            Ports = [.. Ports, new ContainerPort("health", CollectorConfig.HealthPort)],
            Env = [new EnvVar("GOMEMLIMIT") { Value = GoMemoryLimit(resources) }],
            Resources = PodParts.Resources(resources),
            StartupProbe = probing.Startup,
            ReadinessProbe = probing.Readiness,
            LivenessProbe = probing.Liveness,
            VolumeMounts =
            [
                new ContainerVolumeMount(PodParts.ScratchVolume, "/tmp"),
                new ContainerVolumeMount("config", ConfigFolder) { ReadOnly = true },
                .. authorization is null ? [] : new[] { new ContainerVolumeMount("authorization", AuthorizationFolder) { ReadOnly = true } },
            ],
        };
        Volume[] volumes =
        [
            new Volume("config") { ConfigMap = new ConfigMapVolume(ConfigName) },
            .. authorization is null ? [] : new[] { new Volume("authorization") { Secret = new SecretVolume(authorization) { DefaultMode = 0x120 /* 0440 */ } } },
        ];
        return MonitoringPods.Template(context, Name, ImageUser, container, volumes, ServicePlan.Hash(config), Annotations(context.Values.Monitoring.Mode));
    }

    // Whoever scrapes without an operator looks for these.
    private static Labels? Annotations(MonitoringMode mode) => mode != MonitoringMode.External ? null : new Labels
    {
        ["prometheus.io/scrape"] = "true",
        ["prometheus.io/path"] = "/metrics",
        ["prometheus.io/port"] = MetricsPort.ToString(CultureInfo.InvariantCulture),
    };

    // Go's own collector has to try harder before the limiter refuses what comes in, at the same share of the pod's memory.
    private static string GoMemoryLimit(ResourceValues resources) =>
        string.Create(CultureInfo.InvariantCulture, $"{Quantities.Bytes(resources.Limits.Memory!) / (1 << 20) * CollectorConfig.MemoryPercent / 100}MiB");

    private static ObjectMeta Meta(PlanContext context, string? objectName = null, Labels? annotations = null) => context.Names.Meta(Name, MonitoringPlan.Component, objectName, annotations);
}
