using System.Text.Json.Nodes;
using Rag.Deploy.Planning;

namespace Rag.Deploy.Tests.Checks;

/// <summary>What a pod may do on its node.</summary>
internal static class PodSecurityChecks
{
    private const int HighestOfTheNode = 10000;
    private const int Unprivileged = 1024;
    private const int Ssh = 22;

    // Those that the pod security standards count as safe (baseline).
    private static readonly string[] SafeSysctls =
    [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_syncookies",
    ];

    private static readonly string[] CoreVolumes = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];
    private static readonly string[] RuntimeSockets = ["docker.sock", "containerd.sock", "crio.sock", "podman.sock"];
    private static readonly string[] SeLinuxTypes = ["container_t", "container_init_t", "container_kvm_t"];

    public static IReadOnlyList<Check> All { get; } =
    [
        new(1, "runs as somebody else than root", NonRoot),
        new(2, "no user ID 0", NoUserZero),
        new(3, "user and group above 10000, but for an image's own", HighUser),
        new(4, "not privileged", NotPrivileged),
        new(5, "no privilege escalation", NoEscalation),
        new(6, "drops all capabilities", DropsAll),
        new(7, "adds none but NET_BIND_SERVICE", AddsNone),
        new(8, "the runtime's seccomp profile", Seccomp),
        new(9, "read-only root file system", ReadOnlyRoot),
        new(10, "no namespace of the node", NoHostNamespace),
        new(11, "no port of the node", NoHostPort),
        new(12, "no folder of the node", NoHostPath),
        new(13, "no socket of a container runtime", NoRuntimeSocket),
        new(14, "/proc masked as usual", MaskedProc),
        new(15, "no unsafe sysctl", SafeSysctl),
        new(16, "no SELinux role of its own, AppArmor on", Confinement),
        new(17, "volumes of the usual types only", UsualVolumes),
        new(18, "no Windows host process", NoHostProcess),
        new(19, "not in the group of root", NoRootGroup),
        new(20, "no port below 1024", NoLowPort),
        new(21, "no SSH", NoSsh),
        new(22, "no writable subPath", NoWritableSubPath),
        new(23, "security context of pod and containers stated", StatedContext),
        new(24, "no entries in /etc/hosts", NoHostAliases),
    ];

    private static IEnumerable<Finding> NonRoot(RenderedPlatform platform) =>
        Each(platform, static (workload, container) => workload.Security(container, "runAsNonRoot").IsTrue(), "runAsNonRoot is not true");

    private static IEnumerable<Finding> NoUserZero(RenderedPlatform platform) =>
        Each(platform, static (workload, container) => workload.Security(container, "runAsUser").Number() != 0, "it runs as user 0");

    // Root is looked at by two others.
    private static IEnumerable<Finding> HighUser(RenderedPlatform platform) => Each(
        platform,
        static (workload, container) => Ids(workload, container).All(static id => id is 0 or > HighestOfTheNode),
        $"its user or group is not above {HighestOfTheNode}, or not stated",
        PodReview.ImageUser);

    private static IEnumerable<long?> Ids(Workload workload, JsonObject container) => [workload.Security(container, "runAsUser").Number(), workload.Security(container, "runAsGroup").Number()];

    private static IEnumerable<Finding> NotPrivileged(RenderedPlatform platform) =>
        Each(platform, static (_, container) => !container.IsTrue("securityContext", "privileged"), "it is privileged");

    private static IEnumerable<Finding> NoEscalation(RenderedPlatform platform) =>
        Each(platform, static (_, container) => container.IsFalse("securityContext", "allowPrivilegeEscalation"), "allowPrivilegeEscalation is not false");

    private static IEnumerable<Finding> DropsAll(RenderedPlatform platform) =>
        Each(platform, static (_, container) => container.Texts("securityContext", "capabilities", "drop").Contains("ALL"), "it does not drop ALL");

    private static IEnumerable<Finding> AddsNone(RenderedPlatform platform) =>
        Each(platform, static (_, container) => container.Texts("securityContext", "capabilities", "add").All(static one => one == "NET_BIND_SERVICE"), "it adds a capability");

    private static IEnumerable<Finding> Seccomp(RenderedPlatform platform) =>
        Each(platform, static (workload, container) => workload.Security(container, "seccompProfile").Text("type") == "RuntimeDefault", "its seccomp profile is not RuntimeDefault");

    private static IEnumerable<Finding> ReadOnlyRoot(RenderedPlatform platform) =>
        Each(platform, static (_, container) => container.IsTrue("securityContext", "readOnlyRootFilesystem"), "its root file system can be written", PodReview.WritableRoot);

    private static IEnumerable<Finding> NoHostNamespace(RenderedPlatform platform) =>
        Each(platform, static workload => !workload.Pod.IsTrue("hostNetwork") && !workload.Pod.IsTrue("hostPID") && !workload.Pod.IsTrue("hostIPC"), "it shares a namespace with the node");

    private static IEnumerable<Finding> NoHostPort(RenderedPlatform platform) =>
        Each(platform, static (_, container) => container.Items("ports").All(static port => port["hostPort"] is null), "it takes a port of the node");

    private static IEnumerable<Finding> NoHostPath(RenderedPlatform platform) =>
        Each(platform, static workload => workload.Pod.Items("volumes").All(static volume => volume["hostPath"] is null), "it mounts a folder of the node");

    private static IEnumerable<Finding> NoRuntimeSocket(RenderedPlatform platform) => Each(
        platform,
        static (_, container) => container.Items("volumeMounts").Select(static mount => mount.Text("mountPath") ?? "").All(static path => !RuntimeSockets.Any(socket => path.EndsWith(socket, StringComparison.Ordinal))),
        "it mounts the socket of a container runtime");

    private static IEnumerable<Finding> MaskedProc(RenderedPlatform platform) =>
        Each(platform, static (_, container) => container.Text("securityContext", "procMount") is null or "Default", "its /proc is not masked");

    private static IEnumerable<Finding> SafeSysctl(RenderedPlatform platform) =>
        Each(platform, static workload => workload.Pod.Items("securityContext", "sysctls").All(static sysctl => SafeSysctls.Contains(sysctl.Text("name"))), "it sets an unsafe sysctl");

    private static IEnumerable<Finding> Confinement(RenderedPlatform platform)
    {
        foreach (var workload in platform.Workloads)
        {
            foreach (var container in workload.Containers)
            {
                var subject = $"{workload} {container.Text("name")}";
                var labels = workload.Security(container, "seLinuxOptions");
                yield return Finding.Of(
                    subject, labels.At("user") is null && labels.At("role") is null && (labels.Text("type") is not { } type || SeLinuxTypes.Contains(type)), "it has an SELinux user, role or type of its own");
                var profile = workload.Security(container, "appArmorProfile").Text("type")
                    ?? workload.Template.Map("metadata", "annotations").GetValueOrDefault($"container.apparmor.security.beta.kubernetes.io/{container.Text("name")}");
                yield return Finding.Of(subject, profile is "RuntimeDefault" or "runtime/default", "it does not ask for the runtime's AppArmor profile", profile is null ? workload.Reason(PodReview.NoAppArmor) : null);
            }
        }
    }

    // A folder of the node is looked at by another one.
    private static IEnumerable<Finding> UsualVolumes(RenderedPlatform platform) => Each(
        platform,
        static workload => workload.Pod.Items("volumes").All(static volume => volume.All(static member => member.Key is "name" or "hostPath" || CoreVolumes.Contains(member.Key))),
        "it has a volume of an unusual type");

    private static IEnumerable<Finding> NoHostProcess(RenderedPlatform platform) =>
        Each(platform, static (workload, container) => !workload.Security(container, "windowsOptions").IsTrue("hostProcess"), "it is a process of a Windows node");

    private static IEnumerable<Finding> NoRootGroup(RenderedPlatform platform)
    {
        foreach (var workload in platform.Workloads)
        {
            var security = workload.Pod.At("securityContext");
            yield return Finding.Of(
                workload.ToString(), security.Number("fsGroup") != 0 && !security.Texts("supplementalGroups").Contains("0"), "its files belong to the group of root");
            foreach (var container in workload.Containers)
            {
                yield return Finding.Of($"{workload} {container.Text("name")}", workload.Security(container, "runAsGroup").Number() is > 0, "its group is root's, or not stated");
            }
        }
    }

    private static IEnumerable<Finding> NoLowPort(RenderedPlatform platform) => Each(
        platform,
        static (_, container) => container.Items("ports").All(static port => port.Number("containerPort") is >= Unprivileged or Ssh),
        $"it listens on a port below {Unprivileged}",
        PodReview.LowPort);

    private static IEnumerable<Finding> NoSsh(RenderedPlatform platform)
    {
        foreach (var finding in Each(platform, static (_, container) => container.Items("ports").All(static port => port.Number("containerPort") != Ssh), "it listens on SSH's port"))
        {
            yield return finding;
        }

        foreach (var service in platform.OfKind("Service"))
        {
            yield return Finding.Of($"Service/{service.Text("metadata", "name")}", service.Items("spec", "ports").All(static port => port.Number("port") != Ssh), "it offers SSH's port");
        }
    }

    private static IEnumerable<Finding> NoWritableSubPath(RenderedPlatform platform) => Each(
        platform,
        static (_, container) => container.Items("volumeMounts").All(static mount => (mount["subPath"] ?? mount["subPathExpr"]) is null || mount.IsTrue("readOnly")),
        "it may write a subPath");

    private static IEnumerable<Finding> StatedContext(RenderedPlatform platform)
    {
        foreach (var workload in platform.Workloads)
        {
            yield return Finding.Of(workload.ToString(), workload.Pod.At("securityContext") is JsonObject { Count: > 0 }, "its pod states no security context");
        }

        foreach (var finding in Each(platform, static (_, container) => container.At("securityContext") is JsonObject { Count: > 0 }, "it states no security context"))
        {
            yield return finding;
        }
    }

    private static IEnumerable<Finding> NoHostAliases(RenderedPlatform platform) => Each(platform, static workload => workload.Pod["hostAliases"] is null, "it has entries for /etc/hosts");

    private static IEnumerable<Finding> Each(RenderedPlatform platform, Func<Workload, bool> isKept, string fault) =>
        platform.Workloads.Select(workload => Finding.Of(workload.ToString(), isKept(workload), fault));

    private static IEnumerable<Finding> Each(RenderedPlatform platform, Func<Workload, JsonObject, bool> isKept, string fault, string? annotation = null) =>
        from workload in platform.Workloads
        from container in workload.Containers
        select Finding.Of($"{workload} {container.Text("name")}", isKept(workload, container), fault, annotation is null ? null : workload.Reason(annotation));
}
