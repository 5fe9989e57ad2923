namespace Rag.Deploy.Kubernetes;

/// <summary>A Secret that the External Secrets operator makes (https://external-secrets.io).</summary>
public sealed record ExternalSecret() : KubernetesObject("external-secrets.io/v1", "ExternalSecret")
{
    public required ExternalSecretSpec Spec { get; init; }
}

public sealed record ExternalSecretSpec
{
    public required string RefreshInterval { get; init; }
    public required SecretStoreReference SecretStoreRef { get; init; }
    public required ExternalSecretTarget Target { get; init; }
    public required IReadOnlyList<ExternalSecretData> Data { get; init; }
}

public sealed record SecretStoreReference(string Name, string Kind);

public sealed record ExternalSecretTarget(string Name, string CreationPolicy);

public sealed record ExternalSecretData(string SecretKey, RemoteReference RemoteRef);

public sealed record RemoteReference(string Key);
