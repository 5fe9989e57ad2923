using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Originals;
using Rag.Deploy.Planning.Stores;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>A workload of the app model that is no known store: its account, configuration, pods, Service, budget and autoscaler.</summary>
internal sealed class ServicePlan
{
    private const string Component = "service";

    /// <summary>Changes with the configuration, so that a changed one replaces the pods.</summary>
    public const string ConfigHash = "ragplatform.dev/config-hash";

    /// <summary>Says why one pod is enough.</summary>
    public const string SingleReplica = "ragplatform.dev/single-replica";

    private readonly PlanContext _context;
    private readonly WorkloadResource _workload;
    private readonly WorkloadSettings _settings;
    private readonly WorkloadEnvironment _environment;
    private readonly BoundFiles _mounts;
    private readonly WorkloadPorts _ports;
    private readonly string _name;

    private ServicePlan(PlanContext context, WorkloadResource workload)
    {
        _context = context;
        _workload = workload;
        _name = Naming.Of(workload.Name);
        _settings = WorkloadSettings.For(context, workload);
        _environment = WorkloadEnvironment.Of(context, workload, _settings);
        _mounts = BoundFiles.Of(context, workload, _settings.Own.OmitMounts);
        _ports = WorkloadPorts.Of(context, workload);
    }

    /// <summary>Plans one workload.</summary>
    public static IEnumerable<PlannedObject> Of(PlanContext context, WorkloadResource workload) => new ServicePlan(context, workload).Objects();

    private IEnumerable<PlannedObject> Objects()
    {
        yield return PodParts.Account(_context, _name, Component, _name);
        var config = Config();
        if (config.Count > 0)
        {
            yield return new PlannedObject(new ConfigMap { Metadata = Meta(ConfigName), Data = config }, _name);
        }

        foreach (var map in _mounts.Maps)
        {
            yield return new PlannedObject(map, _name);
        }

        if (_ports.Service.Count > 0)
        {
            yield return Service(_name, _ports.Service);
        }

        if (IsStateful)
        {
            // The names of the pods. Nobody connects to it: without an address of its own it leads no port to another.
            yield return Service(StorePods.Headless(_name), [.. _ports.Container.Select(static port => new ServicePort(port.Name, port.ContainerPortNumber, port.Name) { Protocol = port.Protocol })], "None");
        }

        yield return new PlannedObject(IsStateful ? StatefulSet(config) : Deployment(config), _name);
        yield return PodParts.DisruptionBudget(_context, _name, Component, _settings.Disruption, _name);
        if (Scaling.Of(_context, _name, Component, _settings) is { } scaler)
        {
            yield return new PlannedObject(scaler, _name);
        }
    }

    private bool IsStateful => WorkloadSettings.IsStateful(_workload);

    private string ConfigName => $"{_name}-config";

    private PlannedObject Service(string name, IReadOnlyList<ServicePort> ports, string? clusterIP = null) => new(
        new Service
        {
            Metadata = Meta(name),
            Spec = new ServiceSpec { Type = "ClusterIP", ClusterIP = clusterIP, Selector = _context.Names.Selector(_name), Ports = ports.Count == 0 ? null : ports },
        },
        _name);

    private Deployment Deployment(Labels config) => new()
    {
        Metadata = Meta(annotations: Reason()),
        Spec = new DeploymentSpec
        {
            Replicas = IsScaled ? null : _settings.Replicas,
            RevisionHistoryLimit = 3,
            MinReadySeconds = 5,
            Selector = new LabelSelector { MatchLabels = _context.Names.Selector(_name) },
            Strategy = new DeploymentStrategy("RollingUpdate") { RollingUpdate = new RollingUpdate { MaxUnavailable = 0, MaxSurge = WorkloadSettings.Surge } },
            Template = Template(config),
        },
    };

    private StatefulSet StatefulSet(Labels config) => new()
    {
        Metadata = Meta(annotations: Reason()),
        Spec = new StatefulSetSpec
        {
            ServiceName = StorePods.Headless(_name),
            Replicas = _settings.Replicas,
            RevisionHistoryLimit = 3,
            MinReadySeconds = 5,
            PodManagementPolicy = "Parallel",
            UpdateStrategy = new StatefulSetUpdateStrategy("RollingUpdate"),
            PersistentVolumeClaimRetentionPolicy = new ClaimRetentionPolicy("Retain", "Retain"),
            Selector = new LabelSelector { MatchLabels = _context.Names.Selector(_name) },
            Template = Template(config),
            VolumeClaimTemplates = [.. Volumes().Select(volume => Claims.Template(_context, volume.Name, volume.Size, storageClass: null))],
        },
    };

    // With an autoscaler the number of pods is not the manifests' to say: applying them again would undo what it did.
    private bool IsScaled => _settings.Autoscaling is not null || _settings.IsQueueScaled(_context);

    private Labels? Reason()
    {
        if (_settings.Pods(_context).Least > 1)
        {
            return null;
        }

        return new Labels
        {
            [SingleReplica] = _settings.SingleReplicaReason ?? (_settings.IsQueueScaled(_context) ? "What waits decides: with fewer workers it waits longer, and none of it is lost." : "The values ask for no more."),
        };
    }

    private PodTemplateSpec Template(Labels config) => new(
        new ObjectMeta
        {
            Labels = _context.Names.Labels(_name, Component),
            Annotations = new Labels { [ConfigHash] = Hash(config.With(_mounts.Contents)) },
        },
        new PodSpec
        {
            ServiceAccountName = _name,
            AutomountServiceAccountToken = false,
            EnableServiceLinks = false,
            PriorityClassName = _context.Values.Cluster.PriorityClass,
            TerminationGracePeriodSeconds = WorkloadSettings.GraceSeconds(_settings.Shutdown),
            SecurityContext = PodSecurity.Pod(_settings.User, ownsVolumes: IsStateful || OriginalsPlan.IsOnClaim(_context, _workload)),
            TopologySpreadConstraints = PodParts.Spread(_context, _name),
            NodeSelector = PodParts.NodeSelector(_settings.Own.NodeSelector),
            Tolerations = PodParts.Tolerations(_settings.Own.Tolerations),
            InitContainers = WaitPlan.Of(_context, _workload, _settings) is { } wait ? [wait] : null,
            Containers = [Container(config)],
            Volumes = [.. PodVolumes()],
        });

    private Container Container(Labels config)
    {
        var probing = Probing.Of(_workload, _ports, _settings.Probes);
        var entrypoint = (_workload as ContainerResource)?.Entrypoint;
        return new Container
        {
            Name = _name,
            Image = _context.Image(_workload),
            ImagePullPolicy = _context.Values.Images.PullPolicy.ToString(),
            Command = entrypoint is null ? null : [entrypoint],
            Args = _settings.Args.Count == 0 ? null : [.. _settings.Args.Select(Argument)],
            Ports = _ports.Container,
            EnvFrom = config.Count == 0 ? null : [new EnvFromSource { ConfigMapRef = new LocalObjectReference(ConfigName) }],
            Env = _environment.FromSecrets.Count == 0 ? null : _environment.FromSecrets,
            Resources = PodParts.Resources(_settings.Resources),
            StartupProbe = probing.Startup,
            ReadinessProbe = probing.Readiness,
            LivenessProbe = probing.Liveness,
            Lifecycle = PreStop(),
            SecurityContext = PodSecurity.Container(_settings.User, _settings.WritableRoot),
            VolumeMounts = [.. Mounts()],
        };
    }

    // Until every node has heard that the pod is going, connections still arrive.
    private Lifecycle? PreStop() => PodParts.PreStop(_context, _settings.Shutdown.DelaySeconds);

    private Labels Config()
    {
        var config = new Labels(_environment.Config);
        Tell(_settings.Shutdown.TimeoutVariable, Time(_settings.Shutdown.TimeoutSeconds));
        // Where the node waits before it sends the signal, the program must not wait once more.
        Tell(_settings.Shutdown.DelayVariable, Time(PreStop() is null ? _settings.Shutdown.DelaySeconds : 0));
        if (_settings.PoolOf(_context, _workload) is { } pool)
        {
            Tell(pool.Variable, pool.Size.ToString(CultureInfo.InvariantCulture));
        }

        return config;

        static string Time(int seconds) => TimeSpan.FromSeconds(seconds).ToString("c", CultureInfo.InvariantCulture);

        void Tell(string variable, string value)
        {
            if (variable.Length > 0)
            {
                config[variable] = value;
            }
        }
    }

    private string Argument(string text, int index)
    {
        var value = _context.Resolver.Resolve(_workload.Name, $"args[{index}]", text);
        return value.IsSecret
            ? throw new ManifestException(
                _context.Manifest.File, _workload.Name, $"args[{index}] holds a secret ({value}); arguments are seen by everybody who may list processes.",
                $"Give it as an environment variable or as a file in the app host. Where its program takes it no other way: 'services.{_workload.Name}.args' replaces the arguments, and '$(NAME)' in one of them stands for a variable of 'services.{_workload.Name}.env'.")
            // What the app model says is meant as it is; the values are written for Kubernetes.
            : _settings.Own.Args is null ? value.Plain.Replace("$(", "$$(", StringComparison.Ordinal) : value.Plain;
    }

    /// <summary>
    /// A port's name has at most 15 characters, of them a letter, and never two hyphens in a row (RFC 6335). What is cut off is told by a hash,
    /// because two endpoints may begin alike.
    /// </summary>
    /// <param name="endpoint">Of the app model.</param>
    /// <param name="apart">What tells it from another endpoint that would have the same name; null: there is none.</param>
    internal static string PortName(string endpoint, string? apart = null)
    {
        const int Longest = 15;
        var words = new string([.. endpoint.ToLowerInvariant().Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);
        var name = string.Join('-', words.Split('-', StringSplitOptions.RemoveEmptyEntries));
        if (!name.Any(char.IsAsciiLetter))
        {
            name = $"port-{name}".TrimEnd('-');
        }

        if (name.Length <= Longest && apart is null)
        {
            return name;
        }

        var start = name[..Math.Min(name.Length, 10)].TrimEnd('-');
        // Of a hash it is not known whether it has a letter.
        start = start.Any(char.IsAsciiLetter) ? start : $"p{start[..Math.Min(start.Length, 9)].TrimEnd('-')}";
        return $"{start}-{Hash(new Labels { ["endpoint"] = apart ?? endpoint })[..4]}";
    }

    private IEnumerable<(string Name, string Path, string Size, bool ReadOnly)> Volumes() => (_workload as ContainerResource)?.Volumes.Select((volume, i) => (
        Name: string.Create(CultureInfo.InvariantCulture, $"data-{i}"),
        Path: volume.Target,
        Size: _settings.Own.Volumes.GetValueOrDefault(volume.Target, "10Gi"),
        volume.ReadOnly)) ?? [];

    private IEnumerable<Volume> PodVolumes()
    {
        foreach (var (path, size) in _settings.Folders)
        {
            yield return PodParts.Scratch(ScratchName(path), size);
        }

        if (_environment.Files.Count > 0)
        {
            yield return PodParts.SecretFiles(_context, _environment.Files);
        }

        foreach (var volume in OriginalsPlan.Volumes(_context, _workload).Concat(TrustPlan.Volumes(_context, _workload)).Concat(_mounts.Volumes))
        {
            yield return volume;
        }
    }

    private IEnumerable<ContainerVolumeMount> Mounts()
    {
        foreach (var path in _settings.Folders.Keys)
        {
            yield return new ContainerVolumeMount(ScratchName(path), path);
        }

        foreach (var (name, path, _, readOnly) in Volumes())
        {
            yield return new ContainerVolumeMount(name, path) { ReadOnly = readOnly ? true : null };
        }

        if (_environment.Files.Count > 0)
        {
            yield return new ContainerVolumeMount(PodParts.SecretVolume, WorkloadEnvironment.SecretFolder) { ReadOnly = true };
        }

        foreach (var mount in OriginalsPlan.Mounts(_context, _workload).Concat(TrustPlan.Mounts(_context, _workload)).Concat(_mounts.Mounts))
        {
            yield return mount;
        }
    }

    private static string ScratchName(string path) => path == WorkloadSettings.TemporaryFolder ? PodParts.ScratchVolume : "scratch" + string.Concat(path.Select(static c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-')).TrimEnd('-');

    private ObjectMeta Meta(string? objectName = null, Labels? annotations = null) => _context.Names.Meta(_name, Component, objectName, annotations);

    /// <summary>Short, and equal for equal content.</summary>
    internal static string Hash(Labels config)
    {
        var text = string.Join('\n', config.Select(static pair => $"{pair.Key}={pair.Value}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }
}
