using System.Globalization;
using System.Text.Json.Nodes;
using Rag.Deploy.Planning;
using Rag.Deploy.Planning.Workloads;

namespace Rag.Deploy.Tests.Checks;

/// <summary>What happens when a pod, a node or a zone goes, and when much is to be done.</summary>
internal static class AvailabilityChecks
{
    private static readonly string[] Topologies = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"];

    public static IReadOnlyList<Check> All { get; } =
    [
        new(52, "two pods, or a reason for one", TwoPods),
        new(53, "rolling updates that take nothing away", RollingUpdates),
        new(54, "a disruption budget for every workload", Budgets),
        new(55, "no budget blocks all evictions", BudgetsLetGo),
        new(56, "budgets do not protect what does not work", UnhealthyPods),
        new(57, "spread over nodes and zones", Spread),
        new(58, "a priority class, or a reason for none", PriorityClass),
        new(59, "autoscalers from two pods to a maximum, of something that exists and says no number itself", Autoscalers) { NothingWhere = "the values scale nothing" },
    ];

    private static IEnumerable<Workload> Replicated(RenderedPlatform platform) => platform.Services.Where(static workload => workload.Kind != "DaemonSet");

    private static IEnumerable<Finding> TwoPods(RenderedPlatform platform) => Replicated(platform).Select(workload => Finding.Of(
        workload.ToString(), Least(platform, workload) >= 2, "one pod, and no reason for it", workload.Reason(ServicePlan.SingleReplica)));

    private static IEnumerable<Finding> RollingUpdates(RenderedPlatform platform) => platform.Services.Select(static workload => Finding.Of(
        workload.ToString(),
        workload.Kind == "Deployment"
            ? workload.Object.Text("spec", "strategy", "type") == "RollingUpdate" && workload.Object.Number("spec", "strategy", "rollingUpdate", "maxUnavailable") == 0
            : workload.Object.Text("spec", "updateStrategy", "type") == "RollingUpdate",
        "it is not replaced pod by pod",
        workload.Reason(PodReview.TakenBeforeReady)));

    private static IEnumerable<Finding> Budgets(RenderedPlatform platform) => Replicated(platform).Select(workload => Finding.Of(
        workload.ToString(), platform.OfKind("PodDisruptionBudget").Count(budget => budget.Map("spec", "selector", "matchLabels").Selects(workload.Labels)) == 1, "it does not have one disruption budget"));

    private static IEnumerable<Finding> BudgetsLetGo(RenderedPlatform platform) =>
        from budget in platform.OfKind("PodDisruptionBudget")
        let selector = budget.Map("spec", "selector", "matchLabels")
        from workload in Replicated(platform).Where(workload => selector.Selects(workload.Labels))
        select Finding.Of(
            $"PodDisruptionBudget/{budget.Text("metadata", "name")}",
            budget.Text("spec", "minAvailable") is { } least ? Pods(least, Least(platform, workload)) < Least(platform, workload) : budget.Text("spec", "maxUnavailable") is { } most && Pods(most, 100) > 0,
            "a node with its pods can never be emptied");

    private static long Pods(string amount, long of) => amount.EndsWith('%')
        ? (long)Math.Ceiling(of * decimal.Parse(amount[..^1], CultureInfo.InvariantCulture) / 100)
        : long.Parse(amount, CultureInfo.InvariantCulture);

    private static IEnumerable<Finding> UnhealthyPods(RenderedPlatform platform) => platform.OfKind("PodDisruptionBudget").Select(static budget => Finding.Of(
        $"PodDisruptionBudget/{budget.Text("metadata", "name")}", budget.Text("spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow", "pods that do not work cannot be evicted"));

    private static IEnumerable<Finding> Spread(RenderedPlatform platform) => Replicated(platform).Select(static workload => Finding.Of(
        workload.ToString(),
        Topologies.All(topology => workload.Pod.Items("topologySpreadConstraints").Any(constraint => constraint.Text("topologyKey") == topology && constraint.Map("labelSelector", "matchLabels").Selects(workload.Labels))),
        "it is not spread over nodes and zones"));

    private static IEnumerable<Finding> PriorityClass(RenderedPlatform platform) => platform.Workloads.Select(static workload => Finding.Of(
        workload.ToString(), workload.Pod["priorityClassName"] is not null, "it has no priority class", workload.Reason(PodReview.NoPriorityClass)));

    private static IEnumerable<Finding> Autoscalers(RenderedPlatform platform)
    {
        foreach (var scaler in Scalers(platform))
        {
            var subject = $"{scaler.Text("kind")}/{scaler.Text("metadata", "name")}";
            var target = Target(platform, scaler);
            var (least, most) = Bounds(scaler);
            yield return Finding.Of(subject, least >= 2, "fewer than two pods", target?.Reason(ServicePlan.SingleReplica));
            yield return Finding.Of(subject, most >= Math.Max(1, least ?? 0), "it has no maximum, or one below its minimum");
            yield return Finding.Of(subject, target is not null && target.Object.At("spec", "replicas") is null, "what it scales does not exist, or has a number of pods of its own");
        }
    }

    // Fewest pods that may run: those of the autoscaler, where there is one.
    private static long Least(RenderedPlatform platform, Workload workload) => Scalers(platform).FirstOrDefault(scaler => Target(platform, scaler)?.Object == workload.Object) is { } scaler
        ? Bounds(scaler).Least ?? 1
        : workload.Object.Number("spec", "replicas") ?? 1;

    private static IEnumerable<JsonObject> Scalers(RenderedPlatform platform) => platform.OfKind("HorizontalPodAutoscaler", "ScaledObject");

    private static Workload? Target(RenderedPlatform platform, JsonObject scaler) =>
        platform.Find(scaler.Text("spec", "scaleTargetRef", "kind") ?? "Deployment", scaler.Text("spec", "scaleTargetRef", "name")) is { } target ? Workload.Of(target) : null;

    private static (long? Least, long? Most) Bounds(JsonObject scaler) => scaler.Text("kind") == "ScaledObject"
        ? (scaler.Number("spec", "minReplicaCount"), scaler.Number("spec", "maxReplicaCount"))
        : (scaler.Number("spec", "minReplicas"), scaler.Number("spec", "maxReplicas"));
}
