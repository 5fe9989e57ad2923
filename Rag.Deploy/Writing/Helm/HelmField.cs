using System.Text.Json.Nodes;

namespace Rag.Deploy.Writing.Helm;

/// <summary>A place in objects that a chart leaves to its values.</summary>
/// <param name="Value">Name among the values; <c>{workload}</c> stands for the workload in camel case.</param>
/// <param name="Kinds">Objects that have it.</param>
/// <param name="Path">Of the field; <c>{pod}</c> stands for the pod's specification, <c>[0]</c> and <c>[*]</c> for items of a list.</param>
/// <param name="Description">For people.</param>
internal sealed record HelmField(string Value, IReadOnlyList<string> Kinds, string Path, string Description)
{
    private const string Schedule = "spec.schedule";
    private const string StorageClass = "spec.storageClassName";

    private static readonly string[] Replicated = ["Deployment", "StatefulSet"];
    private static readonly string[] Pods = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

    /// <summary>All of them. What is not here is changed by generating again.</summary>
    public static IReadOnlyList<HelmField> All { get; } =
    [
        new("imagePullPolicy", Pods, "{pod}.containers[*].imagePullPolicy", "when nodes fetch images"),
        new("priorityClass", Pods, "{pod}.priorityClassName", "priority class of all pods"),
        new("storageClass", ["StatefulSet"], "spec.volumeClaimTemplates[*].spec.storageClassName", "storage class of all claims but those that several nodes mount"),
        new("storageClass", ["PersistentVolumeClaim"], StorageClass, "storage class of all claims but those that several nodes mount"),
        new("ingressClass", ["Ingress"], "spec.ingressClassName", "class of the Ingress"),
        new("tlsSecret", ["Ingress"], "spec.tls[0].secretName", "Secret with the certificate"),
        new("hosts.{workload}", ["HTTPRoute"], "spec.hostnames[0]", "host name"),
        new("hosts.{workload}", ["Ingress"], "spec.rules[*].host", "host name"),
        new("hosts.{workload}", ["Ingress"], "spec.tls[0].hosts[*]", "host name"),
        new("{workload}.image", Pods, "{pod}.containers[0].image", "image, by tag and digest"),
        new("{workload}.replicas", Replicated, "spec.replicas", "pods, where no autoscaler owns them"),
        new("{workload}.autoscaling.min", ["HorizontalPodAutoscaler"], "spec.minReplicas", "pods at least"),
        new("{workload}.autoscaling.max", ["HorizontalPodAutoscaler"], "spec.maxReplicas", "pods at most"),
        new("{workload}.requests.cpu", Pods, "{pod}.containers[0].resources.requests.cpu", "cores that are kept free"),
        new("{workload}.requests.memory", Pods, "{pod}.containers[0].resources.requests.memory", "memory that is kept free"),
        new("{workload}.limits.cpu", Pods, "{pod}.containers[0].resources.limits.cpu", "cores at most"),
        new("{workload}.limits.memory", Pods, "{pod}.containers[0].resources.limits.memory", "memory at most"),
        new("{workload}.storage", ["StatefulSet"], "spec.volumeClaimTemplates[0].spec.resources.requests.storage", "size of each claim, at the first install"),
        new("{workload}.storage", ["PersistentVolumeClaim"], "spec.resources.requests.storage", "size of the claim"),
        new("{workload}.schedule", ["CronJob"], Schedule, "when, in UTC"),
        new("{workload}.jobName", ["Job"], "metadata.name", "name of the job; another one whenever its image is, because jobs cannot be changed"),
    ];

    /// <summary>Keys of the chart as a whole; <c>global</c> is Helm's own.</summary>
    public static IReadOnlySet<string> Common { get; } =
        All.Select(static field => field.Value.Split('.')[0]).Where(static key => !key.StartsWith('{')).Append("global").ToHashSet(StringComparer.Ordinal);

    /// <summary>The list as a table for the documentation.</summary>
    public static string Table() => string.Concat(
        All.GroupBy(static field => field.Value).Select(static group => $"| `{group.Key}` | {string.Join(", ", group.SelectMany(static field => field.Kinds).Distinct())} | {group.Last().Description} |\n"));

    /// <summary>The places of this field in an object: what holds it, and under which key or index.</summary>
    public IEnumerable<(JsonNode Holder, object Key)> Places(JsonObject tree)
    {
        var kind = tree["kind"]!.ToString();
        // Nobody needs to choose when something does not run.
        if (!Kinds.Contains(kind, StringComparer.Ordinal) || (Path == Schedule && tree["spec"]?["suspend"]?.GetValue<bool>() == true) || (Path == StorageClass && IsShared(tree)))
        {
            return [];
        }

        var path = Path.Replace("{pod}", kind == "CronJob" ? "spec.jobTemplate.spec.template.spec" : "spec.template.spec", StringComparison.Ordinal);
        return Walk(tree, path.Replace("[", ".[", StringComparison.Ordinal).Split('.'));
    }

    // It has a class of its own, which can do what the others' cannot.
    private static bool IsShared(JsonObject claim) => (claim["spec"]?["accessModes"] as JsonArray)?.Any(static mode => mode?.ToString() == "ReadWriteMany") == true;

    private static IEnumerable<(JsonNode Holder, object Key)> Walk(JsonNode node, ReadOnlyMemory<string> path)
    {
        var (first, rest) = (path.Span[0], path[1..]);
        IEnumerable<object> keys = (node, first) switch
        {
            (JsonArray list, "[*]") => Enumerable.Range(0, list.Count).Cast<object>(),
            (JsonArray { Count: > 0 }, "[0]") => [0],
            (JsonObject map, _) when map[first] is not null => [first],
            _ => [],
        };
        return keys.SelectMany(key => rest.Length == 0 ? [(node, key)] : Walk(At(node, key)!, rest));
    }

    /// <summary>What stands at a place.</summary>
    public static JsonNode? At(JsonNode holder, object key) => key is int index ? holder[index] : holder[(string)key];
}
