using System.Globalization;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Monitoring;

/// <summary>A small Prometheus for a cluster that has none. It sees this namespace's services, without any right in the cluster.</summary>
internal static class PrometheusPlan
{
    public const string Name = "prometheus";
    public const int Port = 9090;

    // The account of the image (nobody).
    private const int ImageUser = 65534;
    private const string ConfigFolder = "/etc/prometheus";
    private const string DataFolder = "/prometheus";
    private const string PortName = "http";

    /// <summary>Of its pod, where the values say nothing.</summary>
    public static readonly ResourceValues StandardResources = new()
    {
        Requests = new() { Cpu = "100m", Memory = "512Mi", EphemeralStorage = "64Mi" },
        Limits = new() { Cpu = "1", Memory = "1Gi", EphemeralStorage = "256Mi" },
    };

    public static IEnumerable<PlannedObject> Of(PlanContext context, RuleFile rules)
    {
        var config = new Labels { [PrometheusConfig.File] = PrometheusConfig.Text(context) };
        var alerts = MonitoringPlan.RuleMap(context, rules);
        yield return new PlannedObject(alerts, "alerts");
        yield return PodParts.Account(context, Name, MonitoringPlan.Component, Name);
        yield return new PlannedObject(new ConfigMap { Metadata = Meta(context, ConfigName), Data = config }, Name);
        foreach (var (name, clusterIP) in ((string, string?)[])[(Name, null), (Headless, "None")])
        {
            yield return new PlannedObject(
                new Service
                {
                    Metadata = Meta(context, name),
                    Spec = new ServiceSpec { Type = "ClusterIP", ClusterIP = clusterIP, Selector = context.Names.Selector(Name), Ports = [new ServicePort(PortName, Port, PortName)] },
                },
                Name);
        }

        yield return new PlannedObject(StatefulSet(context, alerts, ServicePlan.Hash(config.With(alerts.Data!))), Name);
        yield return PodParts.DisruptionBudget(context, Name, MonitoringPlan.Component, new DisruptionValues { MaxUnavailable = "1" }, Name);
    }

    private static string ConfigName => $"{Name}-config";

    private static string Headless => $"{Name}-headless";

    private static StatefulSet StatefulSet(PlanContext context, ConfigMap alerts, string configHash)
    {
        var values = context.Values.Monitoring.Prometheus;
        return new StatefulSet
        {
            Metadata = Meta(context, annotations: new Labels { [ServicePlan.SingleReplica] = "A small one: while it is away nobody is told of anything, and no request fails. Several are the operator's work." }),
            Spec = new StatefulSetSpec
            {
                ServiceName = Headless,
                Replicas = 1,
                RevisionHistoryLimit = 3,
                MinReadySeconds = 5,
                PodManagementPolicy = "Parallel",
                UpdateStrategy = new StatefulSetUpdateStrategy("RollingUpdate"),
                PersistentVolumeClaimRetentionPolicy = new ClaimRetentionPolicy("Retain", "Retain"),
                Selector = new LabelSelector { MatchLabels = context.Names.Selector(Name) },
                Template = MonitoringPods.Template(
                    context, Name, ImageUser, Container(context, values),
                    [new Volume("config") { ConfigMap = new ConfigMapVolume(ConfigName) }, new Volume("rules") { ConfigMap = new ConfigMapVolume(alerts.Metadata.Name!) }],
                    configHash),
                VolumeClaimTemplates = [Claims.Template(context, "data", values.Storage, values.StorageClass)],
            },
        };
    }

    private static Container Container(PlanContext context, PrometheusValues values)
    {
        Probe Ask(string path) => new() { HttpGet = new HttpGetAction(path, PortName) };
        // After a crash it reads its log of writes again before it is ready, which takes minutes; it is healthy meanwhile.
        var probing = Probing.Of(Ask("/-/healthy"), Ask("/-/ready"), Ask("/-/healthy"), startupSeconds: 60);
        return new Container
        {
            Name = Name,
            Image = context.Image(Name, values.Image),
            ImagePullPolicy = "",
            Args =
            [
                $"--config.file={ConfigFolder}/{PrometheusConfig.File}",
                $"--storage.tsdb.path={DataFolder}",
                $"--storage.tsdb.retention.time={values.Retention}",
                // A full claim would stop it: before that the oldest goes.
                string.Create(CultureInfo.InvariantCulture, $"--storage.tsdb.retention.size={Quantities.Bytes(values.Storage) / (1 << 20) * 8 / 10}MB"),
            ],
            Ports = [new ContainerPort(PortName, Port)],
            Resources = PodParts.Resources((values.Resources ?? new ResourceValues()).Or(StandardResources)),
            StartupProbe = probing.Startup,
            ReadinessProbe = probing.Readiness,
            LivenessProbe = probing.Liveness,
            VolumeMounts =
            [
                new ContainerVolumeMount(PodParts.ScratchVolume, "/tmp"),
                new ContainerVolumeMount("data", DataFolder),
                new ContainerVolumeMount("config", ConfigFolder) { ReadOnly = true },
                new ContainerVolumeMount("rules", PrometheusConfig.RulesFolder) { ReadOnly = true },
            ],
        };
    }

    private static ObjectMeta Meta(PlanContext context, string? objectName = null, Labels? annotations = null) => context.Names.Meta(Name, MonitoringPlan.Component, objectName, annotations);
}
