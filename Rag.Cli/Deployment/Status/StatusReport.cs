using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Diagnosis;

namespace Rag.Cli.Deployment.Status;

/// <summary>What an operator reads of a namespace; <c>--json</c> writes it as it is.</summary>
internal sealed record StatusReport
{
    public required string Namespace { get; init; }

    public required IReadOnlyList<WorkloadStatus> Workloads { get; init; }

    public required IReadOnlyList<ServiceStatus> Services { get; init; }

    public required IReadOnlyList<ClaimStatus> Claims { get; init; }

    public required IReadOnlyList<RouteStatus> Routes { get; init; }

    public required IReadOnlyList<AutoscalerStatus> Autoscalers { get; init; }

    public required IReadOnlyList<JobStatus> Jobs { get; init; }

    public required IReadOnlyList<BackupStatus> Backups { get; init; }

    /// <summary>What runs when somebody starts it.</summary>
    public required IReadOnlyList<OnRequestStatus> OnRequest { get; init; }

    public required IReadOnlyList<EventStatus> Events { get; init; }

    public required IReadOnlyList<Problem> Problems { get; init; }

    /// <summary>Types that these credentials may not list: what is said of them is nothing, not that all is well.</summary>
    public required IReadOnlyList<string> Unseen { get; init; }

    private const int MostEvents = 8;

    /// <summary>Makes the report.</summary>
    /// <param name="snapshot">What there is.</param>
    /// <param name="missing">Types that the manifests need and the cluster does not know.</param>
    public static StatusReport Of(Snapshot snapshot, IEnumerable<Problem> missing) => new()
    {
        Namespace = snapshot.Namespace,
        Workloads = [.. snapshot.Workloads.OrderBy(static one => one.Metadata.Name, StringComparer.Ordinal).Select(one => Workload(snapshot, one))],
        Services = [.. snapshot.Services.OrderBy(static one => one.Metadata.Name, StringComparer.Ordinal).Select(one => Service(snapshot, one))],
        Claims = [.. snapshot.Claims.OrderBy(static one => one.Metadata.Name, StringComparer.Ordinal).Select(Claim)],
        Routes = [.. snapshot.Ingresses.SelectMany(Hosts).Concat(snapshot.Routes.SelectMany(static route => route.Spec.Hostnames.Select(host => new RouteStatus($"https://{host}", $"HTTPRoute {route.Metadata.Name}"))))],
        Autoscalers = [.. snapshot.Autoscalers.OrderBy(static one => one.Metadata.Name, StringComparer.Ordinal).Select(Autoscaler)],
        Jobs = [.. snapshot.Jobs.OrderByDescending(static one => one.Metadata.CreationTimestamp).Select(job => Job(snapshot, job))],
        Backups = [.. snapshot.CronJobs.Where(static one => !one.IsOnRequest).Select(static one => new BackupStatus(one.Metadata.Name, one.Spec.Schedule, one.Spec.Suspend, one.Status.LastSuccessfulTime))],
        OnRequest = [.. snapshot.CronJobs.Where(static one => one.IsOnRequest).Select(one => new OnRequestStatus(
            one.Metadata.Name, one.Status.LastSuccessfulTime, $"{snapshot.Kubectl} create job {one.Metadata.Name}-1 --from=cronjob/{one.Metadata.Name}"))],
        Events = [.. snapshot.Events.Where(static one => one.Type == "Warning").OrderByDescending(static one => one.Seen).DistinctBy(static one => (one.Reason, one.InvolvedObject.Name)).Take(MostEvents)
            .Select(static one => new EventStatus(one.Seen, $"{one.InvolvedObject.Kind} {one.InvolvedObject.Name}", one.Reason, Printable.Excerpt(one.Message, 200)))],
        Problems = [.. missing, .. ClusterDiagnosis.Of(snapshot)],
        Unseen = snapshot.Unseen,
    };

    private static ServiceStatus Service(Snapshot snapshot, ApiService service)
    {
        var (ready, all) = ServiceProblems.Endpoints(snapshot, service);
        var isKnown = !snapshot.Unseen.Contains("endpointslices");
        return new ServiceStatus(service.Metadata.Name, service.Spec.Type ?? "ClusterIP", [.. service.Spec.Ports.Select(static port => port.Port)], isKnown ? ready : null, isKnown ? all : null);
    }

    private static WorkloadStatus Workload(Snapshot snapshot, ApiWorkload workload)
    {
        var rollout = Rollout.Of(workload);
        var name = workload.Metadata.Name;
        var restarts = snapshot.Pods.Where(pod => pod.Metadata.OwnerReferences.Any(owner => owner.Name == name || owner.Name.StartsWith(name + "-", StringComparison.Ordinal)) && PodNames.Workload(pod) == name)
            .SelectMany(PodNames.Containers).Sum(static pair => pair.Status.RestartCount);
        return new WorkloadStatus(name, workload.Kind, rollout.Ready, rollout.Wanted, restarts, rollout.IsDone, rollout.State);
    }

    private static ClaimStatus Claim(ApiClaim claim) => new(
        claim.Metadata.Name, claim.Status.Phase, claim.Status.Capacity.GetValueOrDefault("storage") ?? claim.Spec.Resources.Requests.GetValueOrDefault("storage", "?"), claim.Spec.StorageClassName);

    private static IEnumerable<RouteStatus> Hosts(ApiIngress ingress) => ingress.Spec.Rules.Select(rule => new RouteStatus(
        $"{(ingress.Spec.Tls.Any(tls => rule.Host is not null && tls.Hosts.Contains(rule.Host)) ? "https" : "http")}://{rule.Host ?? "*"}", $"Ingress {ingress.Metadata.Name}"));

    private static AutoscalerStatus Autoscaler(ApiAutoscaler scaler) => new(
        scaler.Metadata.Name,
        scaler.Status.CurrentReplicas,
        scaler.Spec.MinReplicas ?? 1,
        scaler.Spec.MaxReplicas,
        [.. scaler.Spec.Metrics.Select(wanted => Metric(wanted, scaler.Status.CurrentMetrics ?? [])).OfType<MetricStatus>()]);

    private static MetricStatus? Metric(ApiMetric wanted, IReadOnlyList<ApiMetric> measured) => wanted switch
    {
        { Resource: { } resource } => new MetricStatus(
            resource.Name, measured.Select(static metric => metric.Resource).FirstOrDefault(metric => metric?.Name == resource.Name)?.Current?.Text, resource.Target?.Text),
        // KEDA's: what its trigger counts.
        { External: { } external } => new MetricStatus(
            external.Metric.Name, measured.Select(static metric => metric.External).FirstOrDefault(metric => metric?.Metric.Name == external.Metric.Name)?.Current?.Text, external.Target?.Text),
        _ => null,
    };

    private static JobStatus Job(Snapshot snapshot, ApiJob job) => new(
        job.Metadata.Name,
        job.Status.Conditions.Any(static one => one is { Type: "Failed", Status: "True" }) ? "failed" : job.Status.CompletionTime is not null ? "done" : job.Status.Active > 0 ? "running" : "waiting",
        (job.Status.CompletionTime ?? snapshot.Now) - job.Status.StartTime);
}

internal sealed record WorkloadStatus(string Name, string Kind, int Ready, int Wanted, int Restarts, bool IsDone, string State);

/// <param name="Name">Of the Service.</param>
/// <param name="Type">ClusterIP, or how else it is reached.</param>
/// <param name="Ports">At which it listens.</param>
/// <param name="Ready">Pods that answer at it; null: they may not be seen.</param>
/// <param name="Endpoints">Pods that it selects and that have an address.</param>
internal sealed record ServiceStatus(string Name, string Type, IReadOnlyList<int> Ports, int? Ready, int? Endpoints);

internal sealed record ClaimStatus(string Name, string Phase, string Size, string? StorageClass);

internal sealed record RouteStatus(string Url, string Route);

internal sealed record AutoscalerStatus(string Name, int Current, int Min, int Max, IReadOnlyList<MetricStatus> Metrics);

/// <param name="Name">Of the resource, or of what is counted elsewhere.</param>
/// <param name="Now">In percent of what is requested, or as a number for each pod; null: nobody has measured it.</param>
/// <param name="Target">Where more pods are started.</param>
internal sealed record MetricStatus(string Name, string? Now, string? Target);

internal sealed record JobStatus(string Name, string State, TimeSpan? Took);

internal sealed record BackupStatus(string Name, string Schedule, bool IsSuspended, DateTimeOffset? LastSuccess);

internal sealed record OnRequestStatus(string Name, DateTimeOffset? LastSuccess, string Start);

internal sealed record EventStatus(DateTimeOffset? Seen, string About, string Reason, string Message);
