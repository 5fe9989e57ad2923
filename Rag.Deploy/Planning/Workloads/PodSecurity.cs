using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning.Workloads;

/// <summary>What pod security "restricted" demands, and what a review demands beyond it.</summary>
internal static class PodSecurity
{
    private static readonly SeccompProfile RuntimeDefault = new("RuntimeDefault");

    /// <summary>Of the pod.</summary>
    /// <param name="user">User and group.</param>
    /// <param name="ownsVolumes">Whether its volumes have to belong to its group.</param>
    public static PodSecurityContext Pod(int user, bool ownsVolumes = false) => new()
    {
        RunAsNonRoot = true,
        RunAsUser = user,
        RunAsGroup = user,
        FsGroup = user,
        FsGroupChangePolicy = ownsVolumes ? "OnRootMismatch" : null,
        SeccompProfile = RuntimeDefault,
    };

    /// <summary>Of each of its containers.</summary>
    public static SecurityContext Container(int user, bool writableRoot = false) => new()
    {
        AllowPrivilegeEscalation = false,
        Privileged = false,
        ReadOnlyRootFilesystem = !writableRoot,
        RunAsNonRoot = true,
        RunAsUser = user,
        RunAsGroup = user,
        Capabilities = new Capabilities { Drop = ["ALL"] },
        SeccompProfile = RuntimeDefault,
    };
}
