namespace Rag.Deploy.Planning;

/// <summary>The parts of <c>registry.example.com:5000/rag/api:1.2@sha256:...</c>; a reference without a host is docker.io's.</summary>
internal readonly record struct ImageReference(string Repository, string? Tag, string? Digest)
{
    private const string Standard = "docker.io";

    public static ImageReference Parse(string text)
    {
        var parts = text.Split('@', 2);
        var colon = parts[0].LastIndexOf(':');
        var hasTag = colon > parts[0].LastIndexOf('/');
        return new ImageReference(hasTag ? parts[0][..colon] : parts[0], hasTag ? parts[0][(colon + 1)..] : null, parts.Length > 1 ? parts[1] : null);
    }

    /// <summary>Host and path, with docker.io where no host is named, and with the path that docker.io has for its own.</summary>
    public string FullRepository
    {
        get
        {
            var slash = Repository.IndexOf('/', StringComparison.Ordinal);
            var first = slash < 0 ? "" : Repository[..slash];
            var (host, path) = first.AsSpan().ContainsAny('.', ':') || first == "localhost" ? (first, Repository[(slash + 1)..]) : (Standard, Repository);
            return host is Standard or "index.docker.io" ? $"{Standard}/{(path.Contains('/', StringComparison.Ordinal) ? "" : "library/")}{path}" : Repository;
        }
    }

    /// <summary>Whether it comes from there, or from a folder of it.</summary>
    public bool IsFrom(string registry) => FullRepository.StartsWith(registry + "/", StringComparison.Ordinal);
}
