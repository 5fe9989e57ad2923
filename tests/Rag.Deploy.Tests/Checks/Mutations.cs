using System.Text.Json.Nodes;
using Rag.Deploy.Planning;
using Rag.Deploy.Planning.Workloads;

namespace Rag.Deploy.Tests.Checks;

/// <summary>For each rule a change to the manifests of production that breaks it, and no other.</summary>
internal static class Mutations
{
    private const string Service = "rag-web";

    private static readonly Dictionary<int, Func<RenderedPlatform, RenderedPlatform>> ByNumber = new()
    {
        [1] = Security("runAsNonRoot", false),
        [2] = Security("runAsUser", 0),
        [3] = Security("runAsUser", 1000),
        [4] = Security("privileged", true),
        [5] = Security("allowPrivilegeEscalation", true),
        [6] = OfContainer(static container => container["securityContext"]!["capabilities"]!["drop"] = new JsonArray()),
        [7] = OfContainer(static container => container["securityContext"]!["capabilities"]!["add"] = new JsonArray("SYS_ADMIN")),
        [8] = OfContainer(static container => container["securityContext"]!["seccompProfile"] = new JsonObject { ["type"] = "Unconfined" }),
        [9] = Security("readOnlyRootFilesystem", false),
        [10] = OfPod(static pod => pod["hostNetwork"] = true),
        [11] = OfContainer(static container => container["ports"]![0]!["hostPort"] = 8080),
        [12] = OfPod(static pod => pod["volumes"]!.AsArray().Add(new JsonObject { ["name"] = "node", ["hostPath"] = new JsonObject { ["path"] = "/var/log" } })),
        [13] = OfContainer(static container => container["volumeMounts"]!.AsArray().Add(new JsonObject { ["name"] = "tmp", ["mountPath"] = "/var/run/docker.sock" })),
        [14] = Security("procMount", "Unmasked"),
        [15] = OfPod(static pod => pod["securityContext"]!["sysctls"] = new JsonArray(new JsonObject { ["name"] = "kernel.msgmax", ["value"] = "1" })),
        [16] = OfPod(static pod => pod["securityContext"]!["appArmorProfile"] = new JsonObject { ["type"] = "Unconfined" }),
        [17] = OfPod(static pod => pod["volumes"]!.AsArray().Add(new JsonObject { ["name"] = "share", ["nfs"] = new JsonObject { ["server"] = "files.example.com", ["path"] = "/" } })),
        [18] = OfPod(static pod => pod["securityContext"]!["windowsOptions"] = new JsonObject { ["hostProcess"] = true }),
        [19] = OfPod(static pod => pod["securityContext"]!["fsGroup"] = 0),
        [20] = OfContainer(static container => container["ports"]!.AsArray().Add(new JsonObject { ["name"] = "low", ["containerPort"] = 80 })),
        [21] = OfContainer(static container => container["ports"]!.AsArray().Add(new JsonObject { ["name"] = "shell", ["containerPort"] = 22 })),
        [22] = OfContainer(static container => container["volumeMounts"]![0]!["subPath"] = "part"),
        [23] = OfPod(static pod => pod.Remove("securityContext")),
        [24] = OfPod(static pod => pod["hostAliases"] = new JsonArray(new JsonObject { ["ip"] = "203.0.113.1", ["hostnames"] = new JsonArray("rag-api") })),
        [25] = OfPod(static pod => pod["automountServiceAccountToken"] = true),
        [26] = OfPod(static pod => pod["serviceAccountName"] = "rag-api"),
        [27] = Without("ServiceAccount", Service),
        [28] = OfPod(static pod => pod["serviceAccount"] = Service),
        [29] = Adding(Role("", "configmaps", "*")),
        [30] = Adding(new JsonObject
        {
            ["apiVersion"] = "rbac.authorization.k8s.io/v1",
            ["kind"] = "RoleBinding",
            ["metadata"] = Metadata("mutation"),
            ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = "cluster-admin" },
            ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = Service }),
        }),
        [31] = Adding(Role("", "secrets", "get")),
        [32] = Adding(Role("", "pods/exec", "create")),
        [33] = Adding(Role("", "users", "impersonate")),
        [34] = Of("ConfigMap", $"{Service}-config", static config => config["data"]!["Smtp__Password"] = "hunter2"),
        [35] = OfContainer(static container => container["env"] = new JsonArray(new JsonObject
        {
            ["name"] = "KEY",
            ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = "ragplatform-secrets", ["key"] = "bootstrap-key" } },
        })),
        [36] = Of("Secret", "ragplatform-secrets", static secret => secret["data"]!.AsObject().Remove("bootstrap-key")),
        [37] = OfContainer(static container => container["image"] = "rag-web:latest"),
        [38] = static platform => platform with
        {
            Values = platform.Values with { Images = platform.Values.Images with { Digests = new OrderedDictionary<string, string> { [Service] = "sha256:" + new string('0', 64) } } },
        },
        [39] = OfContainer(static container => container["image"] = "registry.example.net/rag-web:0.1.0"),
        [40] = OfContainer(static container => container.Remove("imagePullPolicy")),
        [41] = static platform => platform with { Documentation = "" },
        [42] = OfContainer(static container => container["resources"]!["requests"]!.AsObject().Remove("cpu")),
        [43] = OfContainer(static container => container["resources"]!["limits"]!.AsObject().Remove("memory")),
        [44] = OfContainer(static container => container["resources"]!["limits"]!.AsObject().Remove("cpu")),
        [45] = OfContainer(static container => container["resources"]!["limits"]!.AsObject().Remove("ephemeral-storage")),
        [46] = Without("LimitRange", "ragplatform"),
        [47] = OfContainer(static container => container.Remove("readinessProbe")),
        [48] = OfContainer(static container => container["livenessProbe"] = container["readinessProbe"]!.DeepClone()),
        [49] = OfContainer(static container => container["readinessProbe"]!["httpGet"]!["port"] = "nowhere"),
        [50] = OfContainer(static container => container["readinessProbe"]!.AsObject().Remove("timeoutSeconds")),
        [51] = OfContainer(static container => container.Remove("lifecycle")),
        [52] = Of("Deployment", Service, static deployment => deployment["spec"]!["replicas"] = 1),
        [53] = Of("Deployment", Service, static deployment => deployment["spec"]!["strategy"] = new JsonObject { ["type"] = "Recreate" }),
        [54] = Without("PodDisruptionBudget", Service),
        [55] = Of("PodDisruptionBudget", Service, static budget => budget["spec"]!["maxUnavailable"] = 0),
        [56] = Of("PodDisruptionBudget", Service, static budget => budget["spec"]!.AsObject().Remove("unhealthyPodEvictionPolicy")),
        [57] = OfPod(static pod => pod["topologySpreadConstraints"]!.AsArray().RemoveAt(0)),
        [58] = Of("Deployment", Service, static deployment => deployment["metadata"]!["annotations"]!.AsObject().Remove(PodReview.NoPriorityClass)),
        [59] = Of("Deployment", "rag-api", static deployment => deployment["spec"]!["replicas"] = 3),
        [60] = static platform => Without("NetworkPolicy", Service)(Without("NetworkPolicy", "default-deny")(platform)),
        [61] = Of("Service", Service, static service => service["spec"]!["ports"]![0]!["targetPort"] = "nowhere"),
        [62] = Of("Service", Service, static service => service["spec"]!["type"] = "NodePort"),
        [63] = OfContainer(static container => container["env"] = new JsonArray(new JsonObject { ["name"] = "A", ["value"] = "1" }, new JsonObject { ["name"] = "A", ["value"] = "2" })),
        [64] = Of("ConfigMap", $"{Service}-config", static config => config["metadata"]!["namespace"] = "default"),
        [65] = Of("CronJob", "postgres-backup", static job => job["spec"]!.AsObject().Remove("startingDeadlineSeconds")),
    };

    /// <summary>Beside those above: what a pod is given and nobody makes, with the rule that this breaks.</summary>
    public static IReadOnlyDictionary<string, (int Number, Func<RenderedPlatform, RenderedPlatform> Apply)> Dangling { get; } = new Dictionary<string, (int, Func<RenderedPlatform, RenderedPlatform>)>(StringComparer.Ordinal)
    {
        [NobodysClaim] = (61, Mounting(new JsonObject { ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = NobodysClaim } })),
        ["nobodys-map"] = (61, Mounting(new JsonObject { ["configMap"] = new JsonObject { ["name"] = "nobodys-map" } })),
        ["nobodys-secret"] = (36, Mounting(new JsonObject { ["secret"] = new JsonObject { ["secretName"] = "nobodys-secret" } })),
    };

    /// <summary>A claim that no manifest makes.</summary>
    public const string NobodysClaim = "nobodys-claim";

    /// <summary>Beside those above: each reason that a workload states, without it.</summary>
    public static IReadOnlyDictionary<string, int> Reasons { get; } = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        [PodReview.ImageUser] = 3,
        [PodReview.NoAppArmor] = 16,
        [PodReview.SecretVariables] = 35,
        [PodReview.NoPriorityClass] = 58,
        [ServicePlan.SingleReplica] = 52,
    };

    /// <summary>A copy of the manifests in which exactly that rule is broken.</summary>
    public static RenderedPlatform Apply(int number, RenderedPlatform platform) => ByNumber[number](platform.Copy());

    /// <summary>Those that break a rule in a container.</summary>
    public static IReadOnlyList<int> OfContainers { get; } = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 20, 21, 22, 35, 37, 39, 40, 42, 43, 44, 45, 63];

    /// <summary>A copy in which the service has a container that prepares, like its own but for what only running ones have; with a number that container breaks the rule.</summary>
    public static RenderedPlatform WithInitContainer(RenderedPlatform platform, int? number = null)
    {
        var copy = platform.Copy();
        var pod = Pod(copy);
        var main = pod["containers"]![0]!.DeepClone();
        var prepared = number is { } broken ? Pod(Apply(broken, platform))["containers"]![0]!.DeepClone().AsObject() : main.DeepClone().AsObject();
        foreach (var running in (string[])["startupProbe", "readinessProbe", "livenessProbe", "lifecycle"])
        {
            prepared.Remove(running);
        }

        prepared["name"] = "prepare";
        pod["initContainers"] = new JsonArray(prepared);
        return copy;

        static JsonObject Pod(RenderedPlatform from) => from.Find("Deployment", Service)!["spec"]!["template"]!["spec"]!.AsObject();
    }

    /// <summary>A copy in which nobody states that reason.</summary>
    public static RenderedPlatform WithoutReason(string annotation, RenderedPlatform platform)
    {
        var copy = platform.Copy();
        foreach (var one in copy.Objects)
        {
            (one["metadata"]!["annotations"] as JsonObject)?.Remove(annotation);
        }

        return copy;
    }

    private static Func<RenderedPlatform, RenderedPlatform> Mounting(JsonObject volume) => platform =>
    {
        var named = volume.DeepClone().AsObject();
        named["name"] = "nobodys";
        return OfPod(pod => pod["volumes"]!.AsArray().Add(named))(platform.Copy());
    };

    private static Func<RenderedPlatform, RenderedPlatform> Security(string field, JsonNode value) => OfContainer(container => container["securityContext"]![field] = value.DeepClone());

    private static Func<RenderedPlatform, RenderedPlatform> OfContainer(Action<JsonObject> change) => OfPod(pod => change(pod["containers"]![0]!.AsObject()));

    private static Func<RenderedPlatform, RenderedPlatform> OfPod(Action<JsonObject> change) => Of("Deployment", Service, deployment => change(deployment["spec"]!["template"]!["spec"]!.AsObject()));

    private static Func<RenderedPlatform, RenderedPlatform> Of(string kind, string name, Action<JsonObject> change) => platform =>
    {
        change(platform.Find(kind, name) ?? throw new InvalidOperationException($"There is no {kind}/{name} to change."));
        return platform;
    };

    private static Func<RenderedPlatform, RenderedPlatform> Without(string kind, string name) => platform =>
        platform.Find(kind, name) is { } one ? platform with { Objects = [.. platform.Objects.Where(other => other != one)] } : throw new InvalidOperationException($"There is no {kind}/{name} to remove.");

    private static Func<RenderedPlatform, RenderedPlatform> Adding(JsonObject one) => platform => platform with { Objects = [.. platform.Objects, (JsonObject)one.DeepClone()] };

    private static JsonObject Role(string group, string resource, string verb) => new()
    {
        ["apiVersion"] = "rbac.authorization.k8s.io/v1",
        ["kind"] = "Role",
        ["metadata"] = Metadata("mutation"),
        ["rules"] = new JsonArray(new JsonObject { ["apiGroups"] = new JsonArray(group), ["resources"] = new JsonArray(resource), ["verbs"] = new JsonArray(verb) }),
    };

    private static JsonObject Metadata(string name) => new() { ["name"] = name, ["namespace"] = "ragplatform" };
}
