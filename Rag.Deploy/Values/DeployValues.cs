using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Rag.Deploy.Values;

/// <summary>
/// What the app model does not say: replicas, resources, hosts, where the stores are. Every field has a default that works, so an empty file
/// is a deployment. <c>values.schema.json</c> is generated from these types, and so are the messages about wrong values.
/// </summary>
public sealed record DeployValues
{
    /// <summary>The entry of <see cref="Services"/> that holds for all.</summary>
    internal const string Defaults = "defaults";

    [Description("Name of the platform: of its namespace, and the value of the label app.kubernetes.io/part-of.")]
    [DnsLabel(40)]
    public string Name { get; init; } = "ragplatform";

    [Description("Namespace; default: the name.")]
    [DnsLabel]
    public string? Namespace { get; init; }

    [Description("Of the platform, in app.kubernetes.io/version and as the tag of the images that are built from it.")]
    [RegularExpression("[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", ErrorMessage = "a version that is a label and an image tag: letters, digits, '.', '_' and '-', beginning and ending with a letter or digit, at most 63")]
    public string Version { get; init; } = "0.1.0";

    [Description("The cluster.")]
    public ClusterValues Cluster { get; init; } = new();

    [Description("Where images come from.")]
    public ImageValues Images { get; init; } = new();

    [Description("Values of the app model's parameters that are not secret, by name.")]
    public OrderedDictionary<string, string> Parameters { get; init; } = [];

    [Description("Where the secrets come from.")]
    public SecretValues Secrets { get; init; } = new();

    [Description("Per workload of the app model, by name; 'defaults' holds for those that say nothing else.")]
    public OrderedDictionary<string, ServiceValues> Services { get; init; } = [];

    [Description("Per store of the app model (PostgreSQL, Redis, Qdrant), by name.")]
    public OrderedDictionary<string, StoreValues> Stores { get; init; } = [];

    [Description("Where the files are kept that people bring.")]
    public OriginalsValues Originals { get; init; } = new();

    [Description("How people and programs outside reach the platform.")]
    public ExposureValues Exposure { get; init; } = new();

    [Description("Who may talk to whom.")]
    public NetworkValues Network { get; init; } = new();

    [Description("Who watches the platform, and whom it tells.")]
    public MonitoringValues Monitoring { get; init; } = new();

    [Description("The job that migrates the database before the services start; null: they migrate it themselves.")]
    public MigrationValues? Migration { get; init; }

    [Description("A job that sends one document through the whole platform and fails where anything does.")]
    public SmokeTestValues? SmokeTest { get; init; }

    [Description("What measures how long people would wait under load: a CronJob that never runs by itself, because every run is load; kubectl create job starts one.")]
    public LoadTestValues? LoadTest { get; init; }

    [Description("Models that are served in the cluster, by name; the name becomes part of the names of its objects.")]
    public OrderedDictionary<string, InferenceValues> Inference { get; init; } = [];

    [Description("Authorities that the services trust beside those of their image; null: none.")]
    public TrustValues? Trust { get; init; }

    [Description("Volumes by claim, for clusters in which nobody makes volumes, such as data-postgres-0.")]
    public OrderedDictionary<string, PersistentVolumeValues> PersistentVolumes { get; init; } = [];

    /// <summary>The namespace in force.</summary>
    internal string EffectiveNamespace => Namespace ?? Name;

    /// <summary>The environment that these are the values of; null: of none, such as those that all environments share.</summary>
    internal string? Environment { get; init; }

    /// <summary>Where the values stand, for messages.</summary>
    internal ValuePlaces Places { get; init; } = ValuePlaces.None;
}

/// <summary>The cluster.</summary>
public sealed record ClusterValues
{
    /// <summary>Annotation of the namespace that names <see cref="Context"/>.</summary>
    public const string ContextAnnotation = "ragplatform.dev/context";

    /// <summary>On the namespace and the Secret of an environment: two of them in one namespace would overwrite one another's passwords.</summary>
    public const string EnvironmentLabel = "ragplatform.dev/environment";

    [Description("Lowest version that the manifests have to work on, such as 1.30. Below 1.30 there is no preStop sleep: the services delay their stop themselves.")]
    [RegularExpression(@"1\.(2[6-9]|3[0-9]|4[0-9])", ErrorMessage = "a minor version between 1.26 and 1.49, in quotes")]
    public string KubernetesVersion { get; init; } = "1.30";

    [Description("Context of the kubeconfig that this environment is applied through; default: any. 'rag apply' and 'rag destroy' refuse another one. It belongs into values.<environment>.yaml.")]
    public string? Context { get; init; }

    [Description("Storage class of all claims; default: the cluster's own.")]
    [DnsName]
    public string? StorageClass { get; init; }

    [Description("Priority class of all pods; it has to exist.")]
    [DnsName]
    public string? PriorityClass { get; init; }

    [Description("Whether pods are spread over zones and nodes strictly (DoNotSchedule) or as well as possible (ScheduleAnyway).")]
    public bool StrictSpread { get; init; }

    [Description("Whether pods ask for the runtime's AppArmor profile by name. Nodes that have AppArmor confine them by it anyway; nodes that have not refuse pods that ask.")]
    public bool AppArmor { get; init; }

    [Description("Quota and default limits for the namespace.")]
    public QuotaValues Quota { get; init; } = new();
}

/// <summary>Quota of the namespace.</summary>
public sealed record QuotaValues
{
    [Description("Whether a ResourceQuota and a LimitRange are written.")]
    public bool Enabled { get; init; } = true;

    [Description("CPU that all pods together may request.")]
    [Cores]
    public string Cpu { get; init; } = "64";

    [Description("Memory that all pods together may request.")]
    [Bytes]
    public string Memory { get; init; } = "128Gi";

    [Description("Pods at most.")]
    [Range(1, 10000)]
    public int Pods { get; init; } = 200;
}

/// <summary>Where images come from.</summary>
public sealed record ImageValues
{
    [Description("Where the images that are built from the platform's projects are, such as registry.example.com/rag; empty: local images by their bare names.")]
    [Registry(mayBeEmpty: true)]
    public string Registry { get; init; } = "";

    [Description("Instead of docker.io and others: the registry that mirrors every image that is not built here.")]
    [Registry]
    public string? Mirror { get; init; }

    [Description("Registry of a network that reaches no other, such as registry.local:5000/rag: the component 'air-gap' names every image there, each under its own path, as 'rag bundle --registry' does.")]
    [RegularExpression("[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*", ErrorMessage = "a host, a port and a path in lower case, without a scheme")]
    public string? AirGap { get; init; }

    [Description("When nodes fetch images.")]
    public PullPolicy PullPolicy { get; init; } = PullPolicy.IfNotPresent;

    [Description("Registries that images may come from, such as registry.example.com/rag; empty: any. A reference without a host is docker.io's.")]
    [Registry]
    public IReadOnlyList<string> AllowedRegistries { get; init; } = [];

    [Description("Names of the Secrets with the registries' credentials.")]
    [DnsName]
    public IReadOnlyList<string> PullSecrets { get; init; } = [];

    [Description("Whole references by workload, instead of the one of the app model or of the registry and version above; also of otel-collector, prometheus, rag-cli, inference-NAME and NAME-backup.")]
    [PinnedImage]
    public OrderedDictionary<string, string> Override { get; init; } = [];

    [Description("Digests by workload, by the same names (sha256:...): the image is then named by tag and digest. 'rag images --registry' prints those of the platform's own, 'rag bundle' writes all of them into images.lock.")]
    [ImageDigest]
    public OrderedDictionary<string, string> Digests { get; init; } = [];
}

/// <summary>Kubernetes' own words.</summary>
public enum PullPolicy
{
    /// <summary>When the node does not have it.</summary>
    IfNotPresent,

    /// <summary>At every start.</summary>
    Always,

    /// <summary>Never: somebody loads it onto the nodes.</summary>
    Never,
}

/// <summary>Where secrets come from.</summary>
public sealed record SecretValues
{
    [Description("generated: made once by 'rag generate' in secrets.env and never overwritten; existing: a Secret that is there; external: from a store, by the External Secrets operator.")]
    public SecretMode Mode { get; init; } = SecretMode.Generated;

    [Description("Name of the Secret that holds one key per secret parameter of the app model.")]
    [DnsName]
    public string? Name { get; init; }

    [Description("Names of secrets that the app model does not have, such as the key of a model endpoint; '{name.value}' in a variable of 'services' stands for one. Nothing makes them up: they are filled in.")]
    [SecretName]
    public IReadOnlyList<string> More { get; init; } = [];

    [Description("With 'external': the store that is asked.")]
    public SecretStoreValues Store { get; init; } = new();
}

/// <summary>Three ways to come by secrets.</summary>
public enum SecretMode
{
    /// <summary>Made up here, once.</summary>
    Generated,

    /// <summary>Somebody else makes the Secret.</summary>
    Existing,

    /// <summary>The External Secrets operator makes it.</summary>
    External,
}

/// <summary>A store of the External Secrets operator.</summary>
public sealed record SecretStoreValues
{
    [Description("SecretStore or ClusterSecretStore.")]
    [AllowedValues("SecretStore", "ClusterSecretStore")]
    public string Kind { get; init; } = "ClusterSecretStore";

    [Description("Name of the store.")]
    [DnsName]
    public string? Name { get; init; }

    [Description("What the names of the parameters are appended to, such as rag/prod/.")]
    public string Prefix { get; init; } = "";

    [Description("How often it is asked.")]
    [RegularExpression("[1-9][0-9]{0,4}(s|m|h)", ErrorMessage = "a time such as 30s, 5m or 1h")]
    public string Refresh { get; init; } = "1h";
}
