using System.ComponentModel;

namespace Rag.Deploy.Values;

/// <summary>A volume for one claim, where nobody makes volumes: a folder of a node, or of an NFS server. One of both.</summary>
public sealed record PersistentVolumeValues
{
    [Description("A folder of a node; it has to exist, and to belong to the pod's group.")]
    public LocalVolumeValues? Local { get; init; }

    [Description("A folder of an NFS server.")]
    public NfsVolumeValues? Nfs { get; init; }
}

/// <summary>A folder of a node.</summary>
public sealed record LocalVolumeValues
{
    [Description("Name of the node, as its label kubernetes.io/hostname says. The pod runs nowhere else.")]
    [HostName]
    public required string Node { get; init; }

    [Description("Absolute path on the node.")]
    [HttpPath]
    public required string Path { get; init; }
}

/// <summary>A folder of an NFS server.</summary>
public sealed record NfsVolumeValues
{
    [Description("Name or address of the server.")]
    [HostName]
    public required string Server { get; init; }

    [Description("Path that it exports.")]
    [HttpPath]
    public required string Path { get; init; }

    [Description("Options of the mount.")]
    public IReadOnlyList<string> MountOptions { get; init; } = ["nfsvers=4.1", "hard"];
}
