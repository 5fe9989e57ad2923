using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Rag.Deploy.Values;

/// <summary>How one workload runs. What is left open is taken from <c>services.defaults</c> when values are read, and from the built-in defaults when they are planned.</summary>
public sealed record ServiceValues
{
    [Description("Pods; with autoscaling the least.")]
    [Range(0, 1000)]
    public int? Replicas { get; init; }

    [Description("Why one pod is enough, where it is; stands as an annotation for whoever reviews.")]
    public string? SingleReplicaReason { get; init; }

    [Description("Scales with load between replicas and a maximum.")]
    public AutoscalingValues? Autoscaling { get; init; }

    [Description("The queue that it works off; it scales by it where 'queueScaling' is set.")]
    public QueueValues? Queue { get; init; }

    [Description("Scales with its 'queue', by KEDA. Where KEDA's component is left out, 'autoscaling' holds.")]
    public QueueScalingValues? QueueScaling { get; init; }

    [Description("Sections of its configuration that say which model it uses, by what the model is for: it uses the one of 'inference' that is for that and names no 'clients'.")]
    public ModelSections? Models { get; init; }

    [Description("What one pod gets.")]
    public ResourceValues? Resources { get; init; }

    [Description("How its health is asked for.")]
    public ProbeValues? Probes { get; init; }

    [Description("How it stops.")]
    public ShutdownValues? Shutdown { get; init; }

    [Description("Connections to PostgreSQL that one pod opens; with all pods at their most they have to fit into the store's maxConnections.")]
    public PoolValues? Pool { get; init; }

    [Description("How many of its pods may be away during maintenance.")]
    public DisruptionValues? Disruption { get; init; }

    [Description("Environment variables, instead of and beside those of the app model. A null removes one.")]
    public OrderedDictionary<string, string?> Env { get; init; } = [];

    [Description("Names of variables of the app model that are left out; * stands for anything.")]
    public IReadOnlyList<string> OmitEnv { get; init; } = [];

    [Description("Arguments of its program, instead of those of the app model. '$(NAME)' is filled in with its variable NAME, also where that is a secret.")]
    public IReadOnlyList<string>? Args { get; init; }

    [Description("Before it starts, a container waits until whatever its variables and arguments lead to accepts connections: for programs that do not try again. Null: it does not wait.")]
    public WaitValues? WaitFor { get; init; }

    [Description("How much it searches in an index of its own memory, which is added to requests.memory and limits.memory; for services with Rag__Index__Provider 'embedded'.")]
    public EmbeddedIndexValues? EmbeddedIndex { get; init; }

    [Description("Variables that hold a secret, and the variable that names a file instead: the secret is cut out of the first and mounted as a file.")]
    public OrderedDictionary<string, string> SecretFiles { get; init; } = [];

    [Description("User and group that it runs as.")]
    [Range(1, 2147483647)]
    public int? User { get; init; }

    [Description("Whether its root file system is writable; it is not by default.")]
    public bool? WritableRoot { get; init; }

    [Description("Folders that it may write, emptied with the pod: path and size; /tmp has 256Mi where it is not named. They count towards limits.ephemeralStorage, which follows them where it is not set.")]
    [Bytes]
    public OrderedDictionary<string, string> Scratch { get; init; } = [];

    [Description("Sizes of its volumes, by the path they are mounted at.")]
    [Bytes]
    public OrderedDictionary<string, string> Volumes { get; init; } = [];

    [Description("Bind mounts of the app model that are left out, by the path they are mounted at.")]
    public IReadOnlyList<string> OmitMounts { get; init; } = [];

    [Description("Labels of the nodes it may run on.")]
    public OrderedDictionary<string, string> NodeSelector { get; init; } = [];

    [Description("Taints that it tolerates.")]
    public IReadOnlyList<TolerationValues> Tolerations { get; init; } = [];

    [Description("What it may reach beyond the platform, such as a model endpoint: addresses, or a namespace of the cluster.")]
    public IReadOnlyList<EgressValues> Egress { get; init; } = [];
}

/// <summary>Scaling by use.</summary>
public sealed record AutoscalingValues
{
    [Description("Pods at least; default: the replicas.")]
    [Range(1, 1000)]
    public int? Min { get; init; }

    [Description("Pods at most.")]
    [Range(1, 1000)]
    public int Max { get; init; } = 10;

    [Description("Percent of the requested CPU that is aimed at; null: CPU does not count.")]
    [Range(1, 100)]
    public int? Cpu { get; init; } = 70;

    [Description("Percent of the requested memory that is aimed at; null: memory does not count. Not with the embedded index, whose memory follows the documents.")]
    [Range(1, 100)]
    public int? Memory { get; init; } = 80;
}

/// <summary>A queue in PostgreSQL. What is said of it is in force only where something scales by it.</summary>
public sealed record QueueValues
{
    [Description("The PostgreSQL of the app model that holds it.")]
    public required string Store { get; init; }

    [Description("Its database.")]
    public required string Database { get; init; }

    [Description("A query that returns one number: how much waits.")]
    public required string Query { get; init; }
}

/// <summary>Scaling by the queue.</summary>
public sealed record QueueScalingValues
{
    [Description("Pods at least; 0: none while nothing waits.")]
    [Range(0, 1000)]
    public int Min { get; init; }

    [Description("Pods at most.")]
    [Range(1, 1000)]
    public int Max { get; init; } = 10;

    [Description("What may wait per pod.")]
    [Range(1, 100000)]
    public int PerPod { get; init; } = 20;

    [Description("Seconds between two looks at the queue.")]
    [Range(5, 3600)]
    public int PollingSeconds { get; init; } = 15;

    [Description("Seconds without work before the last pod goes.")]
    [Range(0, 86400)]
    public int CooldownSeconds { get; init; } = 300;
}

/// <summary>Which models a service uses, and how it is told.</summary>
public sealed record ModelSections
{
    [Description("Section of the model that answers, such as Rag__Chat.")]
    [VariableName]
    public string? Chat { get; init; }

    [Description("Section of the model that makes vectors, such as Rag__Embedding.")]
    [VariableName]
    public string? Embedding { get; init; }
}

/// <summary>What one pod gets.</summary>
public sealed record ResourceValues
{
    [Description("What is kept free for it.")]
    public AmountValues Requests { get; init; } = new();

    [Description("What it never gets more of.")]
    public AmountValues Limits { get; init; } = new();

    /// <summary>These, and what they leave open from others.</summary>
    internal ResourceValues Or(ResourceValues? others) => others is null
        ? this
        : new() { Requests = Requests.Or(others.Requests), Limits = Limits.Or(others.Limits) };
}

/// <summary>Amounts.</summary>
public sealed record AmountValues
{
    [Description("Cores, such as 500m or 2.")]
    [Cores]
    public string? Cpu { get; init; }

    [Description("Bytes, such as 512Mi.")]
    [Bytes]
    public string? Memory { get; init; }

    [Description("Bytes on the node's disk, logs and scratch folders included.")]
    [Bytes]
    public string? EphemeralStorage { get; init; }

    /// <summary>These, and what they leave open from others.</summary>
    internal AmountValues Or(AmountValues others) => new()
    {
        Cpu = Cpu ?? others.Cpu,
        Memory = Memory ?? others.Memory,
        EphemeralStorage = EphemeralStorage ?? others.EphemeralStorage,
    };
}

/// <summary>What starts after what it needs.</summary>
public sealed record WaitValues
{
    [Description("Image with a shell and nc.")]
    [PinnedImage]
    public string Image { get; init; } = "docker.io/library/busybox:1.37.0";

    [Description("Seconds after which it fails, says what it waited for, and begins again.")]
    [Range(5, 3600)]
    public int TimeoutSeconds { get; init; } = 300;
}

/// <summary>An index that each pod holds in its memory, whole.</summary>
public sealed record EmbeddedIndexValues
{
    [Description("Chunks of all collections that are searched.")]
    [Range(1, 100000000)]
    public int Chunks { get; init; } = 100000;

    [Description("Length of the vectors; 0: only words are searched.")]
    [Range(0, 8192)]
    public int Dimensions { get; init; } = 256;
}

/// <summary>Health. Three paths, because they answer three questions.</summary>
public sealed record ProbeValues
{
    [Description("http: the paths below; tcp: whether the port accepts connections; none: no probes, which a review will ask about.")]
    public ProbeKind Kind { get; init; } = ProbeKind.Http;

    [Description("Endpoint of the app model that is asked; default: the first.")]
    public string? Endpoint { get; init; }

    [Description("Whether it has come up.")]
    [HttpPath]
    public string Startup { get; init; } = "/health/startup";

    [Description("Whether it can work now.")]
    [HttpPath]
    public string Readiness { get; init; } = "/health/ready";

    [Description("Whether it lives; must not look at anything else than the process.")]
    [HttpPath]
    public string Liveness { get; init; } = "/health/live";

    [Description("Seconds that a start may take.")]
    [Range(2, 3600)]
    public int StartupSeconds { get; init; } = 60;
}

/// <summary>Ways to ask.</summary>
public enum ProbeKind
{
    /// <summary>A GET.</summary>
    Http,

    /// <summary>A connection.</summary>
    Tcp,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>How a pod stops.</summary>
public sealed record ShutdownValues
{
    [Description("Seconds that it goes on serving after it was told to stop, so that everybody has heard.")]
    [Range(0, 300)]
    public int DelaySeconds { get; init; } = 10;

    [Description("Seconds for what is in flight.")]
    [Range(1, 3600)]
    public int TimeoutSeconds { get; init; } = 30;

    [Description("Variable that tells the program its time-out; empty: it is not told.")]
    [VariableName(mayBeEmpty: true)]
    public string TimeoutVariable { get; init; } = "";

    [Description("Variable that tells the program to delay its stop itself, used where the cluster cannot; empty: it is not told.")]
    [VariableName(mayBeEmpty: true)]
    public string DelayVariable { get; init; } = "";
}

/// <summary>Connections of one pod.</summary>
public sealed record PoolValues
{
    [Description("Connections at most in its pool.")]
    [Range(1, 1000)]
    public int Size { get; init; } = 15;

    [Description("Connections that it opens beside its pool.")]
    [Range(0, 100)]
    public int Beside { get; init; }

    [Description("Variable that tells the program the size of its pool; empty: it is not told.")]
    [VariableName(mayBeEmpty: true)]
    public string Variable { get; init; } = "";
}

/// <summary>Maintenance. One of both.</summary>
public sealed record DisruptionValues
{
    [Description("Pods that may be away at the same time: a number or a percentage.")]
    [RegularExpression("[1-9][0-9]{0,3}|[1-9][0-9]?%|100%", ErrorMessage = "a number from 1 or a percentage")]
    public string? MaxUnavailable { get; init; }

    [Description("Pods that have to be there: a number or a percentage; has to be less than the replicas.")]
    [RegularExpression("[1-9][0-9]{0,3}|[1-9][0-9]?%", ErrorMessage = "a number from 1 or a percentage below 100%")]
    public string? MinAvailable { get; init; }
}

/// <summary>A taint that is tolerated.</summary>
public sealed record TolerationValues
{
    [Description("Of the taint.")]
    [LabelKey]
    public string? Key { get; init; }

    [Description("Exists or Equal.")]
    [AllowedValues("Exists", "Equal")]
    public string Operator { get; init; } = "Exists";

    [Description("With Equal.")]
    [LabelValue]
    public string? Value { get; init; }

    [Description("NoSchedule, PreferNoSchedule or NoExecute.")]
    [AllowedValues("NoSchedule", "PreferNoSchedule", "NoExecute")]
    public string? Effect { get; init; }
}

/// <summary>What is outside of the platform: a range of addresses, or a namespace of the cluster.</summary>
public sealed record EgressValues
{
    [Description("Range of addresses, such as 203.0.113.0/24; 0.0.0.0/0 is everything outside, private ranges excepted.")]
    [RegularExpression(@"([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])", ErrorMessage = "a range such as 203.0.113.0/24")]
    public string? Cidr { get; init; }

    [Description("Instead of a range: a namespace of the same cluster, by name.")]
    [DnsLabel]
    public string? Namespace { get; init; }

    [Description("With 'namespace': labels of the pods there; empty: any of them.")]
    public OrderedDictionary<string, string> Pods { get; init; } = [];

    [Description("Ports that it connects to; in a namespace those that the pods listen on, which a Service may hide behind others.")]
    [Range(1, 65535)]
    public IReadOnlyList<int> Ports { get; init; } = [443];
}
