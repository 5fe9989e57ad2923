namespace Aspire.Hosting.Orchestration.Containers;

/// <summary>A container to run.</summary>
internal sealed record ContainerSpecification
{
    /// <summary>Of the container; unique on this machine.</summary>
    public required string Name { get; init; }

    public required string Image { get; init; }

    /// <summary>Arguments after the image.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    public string? Entrypoint { get; init; }

    /// <summary>Goes to the container by a file, never by arguments: it holds passwords.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<ContainerPort> Ports { get; init; } = [];

    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>Says whose the container is, so that leftovers can be found.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Docker on Linux does not know the host's name by itself; podman does, and before 4.7 it refuses docker's way.</summary>
    public bool NeedsHostName { get; init; }

    /// <summary>Stays when the application ends.</summary>
    public bool Persistent { get; init; }
}

/// <summary>A port published on 127.0.0.1.</summary>
internal sealed record ContainerPort(int Host, int Container);

/// <summary>A named volume or a directory of this machine. A volume without a name is anonymous.</summary>
internal sealed record ContainerMount(bool IsVolume, string? Source, string Target, bool IsReadOnly);
