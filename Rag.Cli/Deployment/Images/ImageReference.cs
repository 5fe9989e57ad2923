namespace Rag.Cli.Deployment.Images;

/// <summary>A reference of an image, in full: <c>redis:8</c> is <c>docker.io/library/redis:8</c>, as every runtime reads it.</summary>
/// <param name="Registry">Host and port.</param>
/// <param name="Repository">Path in the registry.</param>
/// <param name="Tag">Null where only the digest says which.</param>
/// <param name="Digest"><c>sha256:...</c>; null where it is not stated.</param>
internal sealed record ImageReference(string Registry, string Repository, string? Tag, string? Digest)
{
    private const string DockerHub = "docker.io";

    /// <summary>Registry, path and tag: what it is called when its digest is left out.</summary>
    public string Name => $"{Registry}/{Repository}{(Tag is null ? "" : $":{Tag}")}";

    /// <summary>The whole of it.</summary>
    public override string ToString() => Name + (Digest is null ? "" : $"@{Digest}");

    public static ImageReference Parse(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var (name, digest) = at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var hasHost = slash > 0 && (name.AsSpan(0, slash).ContainsAny('.', ':') || name[..slash] == "localhost");
        var registry = hasHost ? name[..slash] : DockerHub;
        var path = hasHost ? name[(slash + 1)..] : name;
        var colon = path.LastIndexOf(':');
        var (repository, tag) = colon > path.LastIndexOf('/') ? (path[..colon], path[(colon + 1)..]) : (path, null);
        if (registry is DockerHub or "index.docker.io" && !repository.Contains('/', StringComparison.Ordinal))
        {
            repository = $"library/{repository}";
        }

        // Where neither says which, every runtime takes this tag.
        return new ImageReference(registry == "index.docker.io" ? DockerHub : registry, repository, tag ?? (digest is null ? "latest" : null), digest);
    }
}
