using System.Text.Json.Serialization;

namespace Rag.Deploy.Kubernetes;

/// <summary>A cluster of CloudNativePG (https://cloudnative-pg.io).</summary>
public sealed record PostgresCluster() : KubernetesObject("postgresql.cnpg.io/v1", "Cluster")
{
    public required PostgresClusterSpec Spec { get; init; }
}

public sealed record PostgresClusterSpec
{
    public required int Instances { get; init; }
    public string? ImageName { get; init; }
    public string? ImagePullPolicy { get; init; }
    public IReadOnlyList<LocalObjectReference>? ImagePullSecrets { get; init; }
    public string? PrimaryUpdateStrategy { get; init; }
    public bool? EnableSuperuserAccess { get; init; }
    public required PostgresBootstrap Bootstrap { get; init; }
    [JsonPropertyName("postgresql")]
    public PostgresSettings? PostgresqlSettings { get; init; }
    public required PostgresStorage Storage { get; init; }
    public ResourceRequirements? Resources { get; init; }
    public PostgresAffinity? Affinity { get; init; }
}

public sealed record PostgresBootstrap(PostgresInit Initdb);

public sealed record PostgresInit(string Database, string Owner)
{
    public LocalObjectReference? Secret { get; init; }
}

public sealed record PostgresSettings(Labels Parameters);

public sealed record PostgresStorage(string Size, string? StorageClass);

public sealed record PostgresAffinity(bool EnablePodAntiAffinity, string TopologyKey, string PodAntiAffinityType);
