using System.Text.Json.Nodes;

namespace Rag.Cli.Deployment.Images;

/// <summary>What describes the images of an OCI archive: manifests and configurations, by digest.</summary>
internal sealed class ArchiveDescriptions
{
    private const string Folder = "blobs/sha256/";
    private const string SdkLabel = "net.dot.sdk.version";

    // They are a few KiB; what is larger is a layer.
    private const int Largest = 64 << 10;
    private const int Most = 256;

    private readonly Dictionary<string, byte[]> _known = new(StringComparer.Ordinal);

    /// <summary>Whether a file of the archive may be one.</summary>
    public bool Wants(string name, long length) => name.StartsWith(Folder, StringComparison.Ordinal) && length <= Largest && _known.Count < Most;

    public void Add(string name, byte[] content) => _known[$"sha256:{name[Folder.Length..]}"] = content;

    /// <summary>Whether the .NET SDK made the image of a manifest, or one of those of an index.</summary>
    public bool IsOfSdk(string digest)
    {
        var manifest = Read(digest);
        // An index names no index again: whoever writes a circle is not followed.
        return manifest?["manifests"] is JsonArray platforms
            ? platforms.Any(platform => HasLabel(Read(platform?["digest"]?.ToString())))
            : HasLabel(manifest);
    }

    private bool HasLabel(JsonNode? manifest) => Read(manifest?["config"]?["digest"]?.ToString())?["config"]?["Labels"]?[SdkLabel] is not null;

    private JsonNode? Read(string? digest) => digest is not null && _known.TryGetValue(digest, out var content) ? JsonNode.Parse(content) : null;
}
