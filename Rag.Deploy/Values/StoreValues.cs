using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Rag.Deploy.Values;

/// <summary>Where a store runs. Its consumers see the same names whatever the mode.</summary>
public sealed record StoreValues
{
    [Description("bundled: in this namespace; operator: made by an operator (PostgreSQL: CloudNativePG); external: it exists elsewhere.")]
    public StoreMode Mode { get; init; } = StoreMode.Bundled;

    [Description("postgres, redis or qdrant; default: recognised by the image.")]
    public StoreKind? Kind { get; init; }

    [Description("Pods; default 1. Redis holds nothing that may not be lost; PostgreSQL has more than one only with the operator.")]
    [Range(1, 50)]
    public int? Replicas { get; init; }

    [Description("Size of the claim of each pod. Claims grow, they do not shrink.")]
    [Bytes]
    public string? Storage { get; init; }

    [Description("Storage class of its claims; default: the cluster's.")]
    [DnsName]
    public string? StorageClass { get; init; }

    [Description("What one pod gets.")]
    public ResourceValues? Resources { get; init; }

    [Description("external: host name.")]
    [HostName]
    public string? Host { get; init; }

    [Description("external: port; default: the store's usual one.")]
    [Range(1, 65535)]
    public int? Port { get; init; }

    [Description("external, Qdrant: whether it is reached by https.")]
    public bool Tls { get; init; }

    [Description("external, operator: name in the database; default: the app model's.")]
    [DatabaseUser]
    public string? Username { get; init; }

    [Description("external: range of addresses that it is in, for the network policy; default: everything outside.")]
    [RegularExpression(@"([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])", ErrorMessage = "a range such as 203.0.113.0/24")]
    public string? Cidr { get; init; }

    [Description("Qdrant: nodes that hold each piece of the index; default: 2 of those that are bundled, where there are as many, else 1.")]
    [Range(1, 50)]
    public int? ReplicationFactor { get; init; }

    [Description("Variable that tells every service with this store the replication factor; empty: they are not told.")]
    [VariableName(mayBeEmpty: true)]
    public string ReplicationVariable { get; init; } = "";

    [Description("PostgreSQL: connections that it allows; the pools of all pods have to fit in.")]
    [Range(20, 10000)]
    public int MaxConnections { get; init; } = 200;

    [Description("Copies in case of loss.")]
    public BackupValues? Backup { get; init; }
}

/// <summary>Where a store runs.</summary>
public enum StoreMode
{
    /// <summary>Here.</summary>
    Bundled,

    /// <summary>Here, by an operator.</summary>
    Operator,

    /// <summary>Elsewhere.</summary>
    External,
}

/// <summary>Stores that are known.</summary>
public enum StoreKind
{
    /// <summary>PostgreSQL.</summary>
    Postgres,

    /// <summary>Redis or Valkey.</summary>
    Redis,

    /// <summary>Qdrant.</summary>
    Qdrant,
}

/// <summary>Copies of a store.</summary>
public sealed record BackupValues
{
    [Description("When, as cron has it, in UTC.")]
    [CronSchedule]
    public string Schedule { get; init; } = "15 2 * * *";

    [Description("Copies that are kept.")]
    [Range(1, 1000)]
    public int Keep { get; init; } = 7;

    [Description("Size of the claim that holds them.")]
    [Bytes]
    public string Storage { get; init; } = "20Gi";

    [Description("Qdrant: image with a shell and curl, which takes the snapshots.")]
    [PinnedImage]
    public string Image { get; init; } = "docker.io/curlimages/curl:8.11.1";
}
