using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rag.Cli.Deployment.Clusters;

/// <summary>
/// Objects of the platform that the manifests do not have any more: an autoscaler that was switched off would go on fighting the replicas of the
/// manifests, a copy of a database that is gone would fail every night. They are known by the labels that everything generated carries.
/// </summary>
internal static class Leftovers
{
    // Every type that was ever generated and lies in the namespace. Not claims, Secrets and what takes data along: these are never removed by the way.
    private static readonly (string Resource, string Group, string Kind)[] Types =
    [
        ("deployments", "apps", "Deployment"), ("statefulsets", "apps", "StatefulSet"), ("daemonsets", "apps", "DaemonSet"), ("jobs", "batch", "Job"), ("cronjobs", "batch", "CronJob"),
        ("services", "", "Service"), ("serviceaccounts", "", "ServiceAccount"), ("configmaps", "", "ConfigMap"), ("resourcequotas", "", "ResourceQuota"), ("limitranges", "", "LimitRange"),
        ("horizontalpodautoscalers", "autoscaling", "HorizontalPodAutoscaler"), ("poddisruptionbudgets", "policy", "PodDisruptionBudget"),
        ("networkpolicies", "networking.k8s.io", "NetworkPolicy"), ("ingresses", "networking.k8s.io", "Ingress"), ("httproutes", "gateway.networking.k8s.io", "HTTPRoute"),
        ("scaledobjects", "keda.sh", "ScaledObject"), ("triggerauthentications", "keda.sh", "TriggerAuthentication"),
        ("prometheusrules", "monitoring.coreos.com", "PrometheusRule"), ("servicemonitors", "monitoring.coreos.com", "ServiceMonitor"),
    ];

    /// <summary>Kinds that may be left over and removed.</summary>
    public static IEnumerable<string> Kinds => Types.Select(static type => type.Kind);

    /// <summary>Whether an object may be removed without asking for its data: not the namespace, and nothing that holds data or takes it along.</summary>
    public static bool HoldsNothing(JsonObject one) => one.Kind() is not ("Namespace" or "PersistentVolumeClaim" or "PersistentVolume" or "Secret" or "ExternalSecret")
        && !(one.Kind() == "Cluster" && one.ApiVersion().StartsWith("postgresql.cnpg.io/", StringComparison.Ordinal));

    /// <summary>Finds what the cluster has and the manifests have not, as <c>kubectl get -o name</c> writes it.</summary>
    /// <param name="kubectl">For the namespace.</param>
    /// <param name="platform">Its name; null: nothing is labelled with one, and nothing is found.</param>
    /// <param name="wanted">What the manifests have.</param>
    /// <param name="served">Types that the cluster knows.</param>
    /// <param name="withFinished">Jobs too that are done and that the cluster itself clears away some time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The objects, and the types that these credentials may not list.</returns>
    public static async Task<(IReadOnlyList<string> Objects, IReadOnlyList<string> Unseen)> FindAsync(
        Kubectl kubectl, string? platform, IReadOnlyList<JsonObject> wanted, ServedTypes served, bool withFinished, CancellationToken cancellationToken)
    {
        if (platform is null)
        {
            return ([], []);
        }

        var types = Types.Where(type => served.Kinds.Contains((type.Group, type.Kind))).Select(static type => type.Group.Length == 0 ? type.Resource : $"{type.Resource}.{type.Group}").ToList();
        string[] Listing(string which) => ["get", which, "-l", $"app.kubernetes.io/managed-by=rag,app.kubernetes.io/part-of={platform}", "-o", "json"];
        var all = await kubectl.RunAsync(Listing(string.Join(',', types)), cancellationToken: cancellationToken);
        var items = new List<JsonElement>();
        var unseen = new List<string>();
        if (all.Succeeded)
        {
            items.AddRange(Kubectl.Items(all.Output));
        }
        else
        {
            foreach (var type in types)
            {
                var some = await kubectl.RunAsync(Listing(type), cancellationToken: cancellationToken);
                if (some.Succeeded)
                {
                    items.AddRange(Kubectl.Items(some.Output));
                }
                else
                {
                    unseen.Add(type);
                }
            }
        }

        return (Of(wanted, items, withFinished), unseen);
    }

    /// <summary>Which of the objects are left over.</summary>
    internal static IReadOnlyList<string> Of(IReadOnlyList<JsonObject> wanted, IReadOnlyList<JsonElement> items, bool withFinished)
    {
        var names = wanted.Select(static one => ApiObject.NameOf(one.ApiVersion(), one.Kind(), one.Name())).ToHashSet(StringComparer.Ordinal);
        // What has an owner goes with it: a run of a CronJob, an autoscaler that KEDA made.
        return [.. ApiJson.Of<ApiObject>(items, [.. Kinds]).Where(one => one.Metadata.OwnerReferences.Count == 0 && !names.Contains(one.Reference) && (withFinished || !EndsByItself(items, one)))
            .Select(static one => one.Reference).Order(StringComparer.Ordinal)];
    }

    // The migration of the version before is removed when its time is over, and until then somebody may want to read its log.
    private static bool EndsByItself(IReadOnlyList<JsonElement> items, ApiObject one) => one.Kind == "Job" && ApiJson.Of<ApiJob>(items, "Job")
        .Any(job => job.Metadata.Name == one.Metadata.Name && job.Spec.TtlSecondsAfterFinished is not null && job.Status.Conditions.Any(static condition => condition is { Type: "Complete" or "Failed", Status: "True" }));
}
