using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Rag.Deploy.Tests.Checks;

/// <summary>Objects that the API takes, in the namespace that is theirs, and jobs that end. Fields are looked at by the validators, see <c>Validators</c>.</summary>
internal static partial class HygieneChecks
{
    // Kinds that are not in a namespace.
    private static readonly string[] ClusterWide = ["Namespace", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "PriorityClass", "StorageClass"];
    private static readonly string[] SystemsOwn = ["default", "kube-system", "kube-public", "kube-node-lease"];

    // Versions that are served by every Kubernetes from 1.26 on, and those of the operators.
    private static readonly Dictionary<string, string> Versions = new(StringComparer.Ordinal)
    {
        [""] = "v1", ["apps"] = "v1", ["autoscaling"] = "v2", ["batch"] = "v1", ["policy"] = "v1", ["networking.k8s.io"] = "v1", ["rbac.authorization.k8s.io"] = "v1",
        ["gateway.networking.k8s.io"] = "v1", ["keda.sh"] = "v1alpha1", ["external-secrets.io"] = "v1", ["postgresql.cnpg.io"] = "v1", ["monitoring.coreos.com"] = "v1",
    };

    public static IReadOnlyList<Check> All { get; } =
    [
        new(63, "versions that are served, valid names and labels, selectors that match, no variable twice, headless Services that exist", Valid),
        new(64, "in a namespace of its own, no pod without a controller", Placed),
        new(65, "jobs have deadlines and go when they are done", Jobs),
    ];

    private static IEnumerable<Finding> Valid(RenderedPlatform platform)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var one in platform.Objects)
        {
            var name = one.Text("metadata", "name") ?? "";
            var subject = $"{one.Text("kind")}/{name}";
            var version = one.Text("apiVersion")!.Split('/') is [var group, var number] ? (group, number) : ("", one.Text("apiVersion")!);
            yield return Finding.Of(subject, Versions.GetValueOrDefault(version.Item1) == version.Item2, $"'{one.Text("apiVersion")}' is not served everywhere");
            yield return Finding.Of(subject, one.Text("kind") == "Service" ? Label().IsMatch(name) && name.Length <= 63 : Subdomain().IsMatch(name) && name.Length <= 253, "its name is not valid");
            yield return Finding.Of(subject, seen.Add($"{one.Text("apiVersion")} {subject}"), "it is there twice");
            var labels = one.Map("metadata", "labels").Concat(Workload.Of(one)?.Labels ?? []).ToList();
            yield return Finding.Of(subject, labels.TrueForAll(static label => Key().IsMatch(label.Key) && Value().IsMatch(label.Value)), "a label is not valid");
            yield return Finding.Of(subject, one.Map("metadata", "annotations").Keys.All(static key => Key().IsMatch(key)), "an annotation is not valid");
            yield return Finding.Of(subject, one.Map("data").Keys.All(static key => DataKey().IsMatch(key)), "a key of its data is not valid");
        }

        foreach (var workload in platform.Workloads)
        {
            yield return Finding.Of(workload.ToString(), workload.Object.At("spec", "selector") is null || workload.Object.Map("spec", "selector", "matchLabels") is { Count: > 0 } selector && selector.Selects(workload.Labels), "its selector does not match its pods");
            foreach (var container in workload.Containers)
            {
                yield return Finding.Of($"{workload} {container.Text("name")}", Twice(container.Items("env"), "name") is null, $"variable {Twice(container.Items("env"), "name")} is there twice");
                yield return Finding.Of($"{workload} {container.Text("name")}", Twice(container.Items("ports"), "name") is null && Twice(container.Items("volumeMounts"), "mountPath") is null, "a port or a mount is there twice");
                yield return Finding.Of($"{workload} {container.Text("name")}", container.Items("ports").All(static port => port.Text("name") is { } name && PortName().IsMatch(name) && name.Any(char.IsAsciiLetter) && !name.Contains("--", StringComparison.Ordinal)), "the name of a port is not valid");
            }

            if (workload.Kind == "StatefulSet")
            {
                var service = platform.Find("Service", workload.Object.Text("spec", "serviceName"));
                yield return Finding.Of(workload.ToString(), service.Text("spec", "clusterIP") == "None" && service.Map("spec", "selector").Selects(workload.Labels), "its headless Service does not exist");
            }
        }
    }

    private static string? Twice(IEnumerable<JsonObject> items, string field) =>
        items.Select(item => item.Text(field)).GroupBy(static name => name).Where(static group => group.Count() > 1).Select(static group => group.Key).FirstOrDefault();

    private static IEnumerable<Finding> Placed(RenderedPlatform platform) => platform.Objects.Select(static one => Finding.Of(
        $"{one.Text("kind")}/{one.Text("metadata", "name")}",
        one.Text("kind") is not ("Pod" or "ReplicaSet" or "ReplicationController")
            && (ClusterWide.Contains(one.Text("kind")) || (one.Text("metadata", "namespace") is { } space && !SystemsOwn.Contains(space))),
        "it is in no namespace of the platform's own, or a pod that nobody replaces"));

    private static IEnumerable<Finding> Jobs(RenderedPlatform platform)
    {
        foreach (var workload in platform.Workloads.Where(static workload => !workload.RunsOn))
        {
            var spec = workload.Kind == "CronJob" ? workload.Object.At("spec", "jobTemplate", "spec") : workload.Object.At("spec");
            yield return Finding.Of(workload.ToString(), spec.Number("ttlSecondsAfterFinished") is > 0, "it stays when it is done");
            yield return Finding.Of(workload.ToString(), spec.Number("activeDeadlineSeconds") is > 0 && spec.Number("backoffLimit") is >= 0, "it may run for ever");
            yield return Finding.Of(workload.ToString(), workload.Pod.Text("restartPolicy") is "Never" or "OnFailure", "its pods are restarted when they are done");
            if (workload.Kind == "CronJob")
            {
                yield return Finding.Of(workload.ToString(), workload.Object.Number("spec", "startingDeadlineSeconds") is > 0, "it has no deadline for its start");
                yield return Finding.Of(workload.ToString(), workload.Object.Text("spec", "concurrencyPolicy") is "Forbid" or "Replace", "it may run twice at the same time");
            }
        }
    }

    [GeneratedRegex(@"\A[a-z]([a-z0-9-]*[a-z0-9])?\z", RegexOptions.None, 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\z", RegexOptions.None, 1000)]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"\A([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\z", RegexOptions.None, 1000)]
    private static partial Regex Key();

    [GeneratedRegex(@"\A([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?\z", RegexOptions.None, 1000)]
    private static partial Regex Value();

    [GeneratedRegex(@"\A[-._A-Za-z0-9]{1,253}\z", RegexOptions.None, 1000)]
    private static partial Regex DataKey();

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?\z", RegexOptions.None, 1000)]
    private static partial Regex PortName();
}
