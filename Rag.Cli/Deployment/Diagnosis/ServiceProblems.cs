using System.Globalization;
using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>Services behind which nobody answers.</summary>
internal static class ServiceProblems
{
    // Until then pods that are not ready are pods that start.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static IEnumerable<Problem> Of(Snapshot snapshot) => snapshot.Unseen.Contains("endpointslices") || snapshot.Unseen.Contains("pods") ? [] :
        // What an operator makes for its own purposes is its own affair: a Service for standbys of which there are none, for one.
        from service in snapshot.Services
        where service.Spec.Selector.Count > 0 && service.Metadata.OwnerReferences.Count == 0
            && snapshot.Now - service.Metadata.CreationTimestamp > Patience && Endpoints(snapshot, service).Ready == 0
        select Of(snapshot, service) into problem
        where problem is not null
        select problem;

    /// <summary>Pods that answer at a Service, and all that it has addresses of.</summary>
    public static (int Ready, int All) Endpoints(Snapshot snapshot, ApiService service)
    {
        // A pod with addresses of both families stands in two slices. Without a word on readiness an endpoint counts as ready, says the API.
        var endpoints = snapshot.Endpoints.Where(slice => slice.Service == service.Metadata.Name).SelectMany(static slice => slice.Endpoints ?? [])
            .GroupBy(static endpoint => endpoint.TargetRef?.Name ?? (endpoint.Addresses is [var address, ..] ? address : ""), StringComparer.Ordinal).ToList();
        return (endpoints.Count(static pod => pod.Any(static endpoint => endpoint.Conditions.Ready != false)), endpoints.Count);
    }

    private static Problem? Of(Snapshot snapshot, ApiService service)
    {
        var name = service.Metadata.Name;
        var pods = snapshot.Pods.Where(pod => Selects(service, pod)).ToList();
        if (pods.Count > 0)
        {
            return pods.All(pod => snapshot.Now - pod.Metadata.CreationTimestamp < Patience) ? null : new Problem(
                ProblemKind.ServiceUnserved, name, string.Create(CultureInfo.InvariantCulture, $"Nobody answers at the Service {name}: of the {pods.Count} pods that it selects none is ready."),
                $"{snapshot.Kubectl} get pods -l {Selector(service)}");
        }

        // With no pod wanted (a queue that is empty) there is none to select.
        return snapshot.Workloads.Any(workload => Rollout.Of(workload).Wanted == 0 && workload.Kind != "DaemonSet" && workload.Metadata.Name == service.Spec.Selector.GetValueOrDefault("app.kubernetes.io/name")) ? null : new Problem(
            ProblemKind.ServiceUnserved, name, $"Nobody answers at the Service {name}: no pod has the labels that it selects ({Selector(service)}).",
            $"Is its workload there ('{snapshot.Kubectl} get deployments,statefulsets,daemonsets'), and were labels changed by hand? Apply again.");
    }

    private static bool Selects(ApiService service, ApiPod pod) => service.Spec.Selector.All(label => pod.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value);

    private static string Selector(ApiService service) => string.Join(',', service.Spec.Selector.OrderBy(static label => label.Key, StringComparer.Ordinal).Select(static label => $"{label.Key}={label.Value}"));
}
