using System.Diagnostics;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The image of a container: <c>registry/image:tag</c>, or <c>registry/image@sha256:...</c> where a digest is given.</summary>
[DebuggerDisplay("{Reference,nq}")]
public sealed class ContainerImageAnnotation : IResourceAnnotation
{
    private string? _tag;
    private string? _sha256;

    public string? Registry { get; set; }

    public required string Image { get; set; }

    public string? Tag
    {
        get => _tag;
        set => (_tag, _sha256) = (value, value is null ? _sha256 : null);
    }

    public string? SHA256
    {
        get => _sha256;
        set => (_sha256, _tag) = (value, value is null ? _tag : null);
    }

    internal string Reference
    {
        get
        {
            var registry = string.IsNullOrEmpty(Registry) ? string.Empty : $"{Registry}/";
            var version = !string.IsNullOrEmpty(SHA256) ? $"@sha256:{SHA256}" : string.IsNullOrEmpty(Tag) ? string.Empty : $":{Tag}";
            return $"{registry}{Image}{version}";
        }
    }
}

/// <summary>A volume or a directory of the host inside a container.</summary>
[DebuggerDisplay("{Type} {Source,nq} at {Target,nq}")]
public sealed class ContainerMountAnnotation : IResourceAnnotation
{
    /// <exception cref="ArgumentException">A bind mount without a rooted source, or a read-only volume without a name.</exception>
    public ContainerMountAnnotation(string? source, string target, ContainerMountType type, bool isReadOnly)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        if (type == ContainerMountType.BindMount && (string.IsNullOrEmpty(source) || !Path.IsPathRooted(source)))
        {
            throw new ArgumentException($"A bind mount needs the absolute path of what it mounts at '{target}'; got '{source}'.", nameof(source));
        }

        if (type == ContainerMountType.Volume && string.IsNullOrEmpty(source) && isReadOnly)
        {
            throw new ArgumentException($"The volume at '{target}' has no name, so nothing could ever write it: it cannot be read-only.", nameof(isReadOnly));
        }

        Source = source;
        Target = target;
        Type = type;
        IsReadOnly = isReadOnly;
    }

    /// <summary>The directory of a bind mount, the name of a volume; null for an anonymous volume.</summary>
    public string? Source { get; }

    public string Target { get; }

    public ContainerMountType Type { get; }

    public bool IsReadOnly { get; }
}

public enum ContainerMountType
{
    BindMount,
    Volume,
}

public sealed class ContainerLifetimeAnnotation : IResourceAnnotation
{
    public required ContainerLifetime Lifetime { get; set; }
}

/// <summary>Whether a container ends with the application or stays for the next start.</summary>
public enum ContainerLifetime
{
    Session,
    Persistent,
}

/// <summary>The image is built from a Dockerfile.</summary>
internal sealed class DockerfileBuildAnnotation(string contextPath, string dockerfilePath, string? stage) : IResourceAnnotation
{
    public string ContextPath => contextPath;

    public string DockerfilePath => dockerfilePath;

    public string? Stage => stage;

    /// <summary>By name; a null value is taken from the environment of the build.</summary>
    public OrderedDictionary<string, object?> BuildArguments { get; } = [];
}
