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

    [Description("bundled: user and group that it runs as; default: the account of the usual image (PostgreSQL: 999, on Alpine 70). initdb refuses one that the image does not know.")]
    [Range(1, 2147483647)]
    public int? User { get; init; }

    [Description("external: host name.")]
    [HostName]
    public string? Host { get; init; }

    [Description("external: port; default: the store's usual one.")]
    [Range(1, 65535)]
    public int? Port { get; init; }

    [Description("external: whether it is reached by TLS, with a certificate that is verified. Without it PostgreSQL is reached by TLS where the server offers it, unverified.")]
    public bool Tls { get; init; }

    [Description("PostgreSQL: the services' user. bundled: the migration makes it; default: the app model's, or the platform's name where that is postgres; 'postgres': the services are the administrator. operator, external: default: the app model's.")]
    [DatabaseUser]
    public string? Username { get; init; }

    [Description("external: range of addresses that it is in, for the network policy; default: the host's own where it is an address, any where it is a name.")]
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

    [Description("Copies that are kept on the claim.")]
    [Range(1, 1000)]
    public int Keep { get; init; } = 7;

    [Description("Size of the claim that holds them; s3: of the folder on the node's disk in which one is made.")]
    [Bytes]
    public string Storage { get; init; } = "20Gi";

    [Description("Qdrant: image with a shell and curl, which takes the snapshots.")]
    [PinnedImage]
    public string Image { get; init; } = "docker.io/curlimages/curl:8.11.1";

    [Description("PostgreSQL: a bucket instead of a claim.")]
    public S3Values? S3 { get; init; }
}

/// <summary>A bucket that copies go into.</summary>
public sealed record S3Values : BucketValues
{
    [Description("Days after which a copy is removed, when a newer one has arrived.")]
    [Range(1, 36500)]
    public int KeepDays { get; init; } = 30;

    [Description("Image with a shell and rclone.")]
    [PinnedImage]
    public string Image { get; init; } = "docker.io/rclone/rclone:1.71.2";
}
