namespace Rag.Deploy.Planning;

/// <summary>
/// A reference of an image, in full: <c>redis:8</c> is <c>docker.io/library/redis:8</c>, as every runtime reads it
/// (https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed).
/// </summary>
/// <param name="Registry">Host and port.</param>
/// <param name="Repository">Path in the registry.</param>
/// <param name="Tag">Null where only the digest says which.</param>
/// <param name="Digest"><c>sha256:...</c>; null where it is not stated.</param>
public sealed record ImageReference(string Registry, string Repository, string? Tag, string? Digest)
{
    private const string DockerHub = "docker.io";

    // What clients of Docker Hub were told once, and some files still say.
    private const string FormerDockerHub = "index.docker.io";

    /// <summary>Registry and path.</summary>
    public string FullRepository => $"{Registry}/{Repository}";

    /// <summary>Registry, path and tag: what it is called when its digest is left out.</summary>
    public string Name => $"{FullRepository}{(Tag is null ? "" : $":{Tag}")}";

    /// <summary>The shortest that says precisely which: by digest where there is one, because programs that fetch images refuse a tag beside it.</summary>
    public string Exact => Digest is null ? Name : $"{FullRepository}@{Digest}";

    /// <summary>The whole of it.</summary>
    public override string ToString() => Name + (Digest is null ? "" : $"@{Digest}");

    /// <summary>Whether it comes from there, or from a folder of it.</summary>
    public bool IsFrom(string registry) => FullRepository.StartsWith(registry + "/", StringComparison.Ordinal);

    /// <summary>Reads what a person or a manifest says.</summary>
    public static ImageReference Parse(string text)
    {
        var (name, tag, digest) = Split(text);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var hasHost = slash > 0 && (name.AsSpan(0, slash).ContainsAny('.', ':') || name[..slash] == "localhost");
        var registry = hasHost ? name[..slash] : DockerHub;
        var repository = hasHost ? name[(slash + 1)..] : name;
        if (registry is DockerHub or FormerDockerHub)
        {
            registry = DockerHub;
            repository = repository.Contains('/', StringComparison.Ordinal) ? repository : $"library/{repository}";
        }

        // Where neither says which, every runtime takes this tag.
        return new ImageReference(registry, repository, tag ?? (digest is null ? "latest" : null), digest);
    }

    /// <summary>The name without tag and digest as it was written, which is what kustomize compares with.</summary>
    public static string WithoutVersion(string text) => Split(text).Name;

    // registry:5000/rag/api:1.2@sha256:...: the colon of a port comes before a slash.
    private static (string Name, string? Tag, string? Digest) Split(string text)
    {
        var parts = text.Split('@', 2);
        var colon = parts[0].LastIndexOf(':');
        var hasTag = colon > parts[0].LastIndexOf('/');
        return (hasTag ? parts[0][..colon] : parts[0], hasTag ? parts[0][(colon + 1)..] : null, parts.Length > 1 ? parts[1] : null);
    }
}
