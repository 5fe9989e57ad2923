using System.Text.Json.Nodes;
using Rag.Deploy.Values;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>What is there before manifests are applied. Null means that it may not be looked at.</summary>
internal sealed record ClusterFacts
{
    /// <summary>Types that the cluster knows.</summary>
    public required ServedTypes Served { get; init; }

    /// <summary>What a command for the namespace begins with.</summary>
    public required string Kubectl { get; init; }

    public IReadOnlyList<ApiStorageClass>? StorageClasses { get; init; }

    /// <summary>Names of the Secrets in the namespace.</summary>
    public IReadOnlySet<string>? Secrets { get; init; }

    /// <summary>The claims in the namespace by name, and how each may be mounted.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Claims { get; init; }

    /// <summary>Claims that have their volume, or for which one is kept.</summary>
    public IReadOnlySet<string> ServedClaims { get; init; } = new HashSet<string>();

    /// <summary>False where the namespace is yet to be made.</summary>
    public bool? HasNamespace { get; init; }

    /// <summary>The environment that the namespace is labelled with; null where it is with none, too.</summary>
    public string? Resident { get; init; }

    /// <summary>Keys of the manifests' Secrets of which the cluster has another value, by Secret.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ReplacedKeys { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Secrets of the manifests that are there, or may be, and that these credentials may not read.</summary>
    public IReadOnlyList<string> HiddenSecrets { get; init; } = [];

    /// <summary>Looks.</summary>
    /// <exception cref="CliException">The cluster does not say which types it knows.</exception>
    public static async Task<ClusterFacts> ReadAsync(Kubectl kubectl, SnapshotReader snapshots, Overlay overlay, CancellationToken cancellationToken)
    {
        var claims = await kubectl.TryListAsync("persistentvolumeclaims", cancellationToken) is { } there ? ApiJson.Of<ApiClaim>(there, "PersistentVolumeClaim") : null;
        var volumes = await kubectl.TryListAsync("persistentvolumes", cancellationToken) is { } made ? ApiJson.Of<ApiVolume>(made, "PersistentVolume") : [];
        var secrets = await snapshots.SecretNamesAsync(cancellationToken);
        var (hasNamespace, resident) = await NamespaceAsync(kubectl, overlay.Namespace, cancellationToken);
        var (replaced, hidden) = await CompareSecretsAsync(kubectl, overlay, secrets, cancellationToken);
        return new ClusterFacts
        {
            Served = await ServedTypes.ReadAsync(kubectl, cancellationToken),
            Kubectl = kubectl.Shown,
            StorageClasses = await kubectl.TryListAsync("storageclasses", cancellationToken) is { } classes ? ApiJson.Of<ApiStorageClass>(classes, "StorageClass") : null,
            Secrets = secrets,
            Claims = claims?.ToDictionary(static claim => claim.Metadata.Name, static claim => claim.Spec.AccessModes, StringComparer.Ordinal),
            ServedClaims = (claims ?? []).Where(static claim => claim.Status.Phase == "Bound").Select(static claim => claim.Metadata.Name)
                .Concat(volumes.Select(static volume => volume.Spec.ClaimRef).Where(reserved => reserved?.Namespace == overlay.Namespace).Select(static reserved => reserved?.Name).OfType<string>())
                .ToHashSet(StringComparer.Ordinal),
            HasNamespace = hasNamespace,
            Resident = resident,
            ReplacedKeys = replaced,
            HiddenSecrets = hidden,
        };
    }

    private static async Task<(bool? IsThere, string? Resident)> NamespaceAsync(Kubectl kubectl, string name, CancellationToken cancellationToken)
    {
        var result = await kubectl.RunAsync(["get", "namespace", name, "--ignore-not-found", "-o", "json"], cancellationToken: cancellationToken);
        if (!result.Succeeded || result.Output.Trim() is not { Length: > 0 } text)
        {
            return (result.Succeeded ? false : null, null);
        }

        return (true, KubectlAnswer.Read("get", () => JsonNode.Parse(text).Text("metadata", "labels", ClusterValues.EnvironmentLabel)));
    }

    private static async Task<(IReadOnlyDictionary<string, IReadOnlyList<string>> Replaced, IReadOnlyList<string> Hidden)> CompareSecretsAsync(
        Kubectl kubectl, Overlay overlay, IReadOnlySet<string>? there, CancellationToken cancellationToken)
    {
        var hidden = new List<string>();
        var replaced = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var own in overlay.GeneratedSecrets.Where(own => there?.Contains(own.Name()) != false))
        {
            var (known, isHidden) = await ClusterSecret.TryReadAsync(kubectl, own.Name(), cancellationToken);
            if (isHidden)
            {
                hidden.Add(own.Name());
            }
            else if (known is not null)
            {
                replaced[own.Name()] = ClusterSecret.Differing(known, (own["data"] as JsonObject)?.ToDictionary(static entry => entry.Key, static entry => entry.Value?.ToString() ?? "") ?? []);
            }
        }

        return (replaced, hidden);
    }
}
