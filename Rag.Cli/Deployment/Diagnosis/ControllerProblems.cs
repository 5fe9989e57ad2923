using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>What controllers complain of: pods they may not make, jobs that gave up, autoscalers without measurements, routes that nobody serves.</summary>
internal static class ControllerProblems
{
    // Events outlive what they tell of by an hour; a complaint that is repeated is younger.
    private static readonly TimeSpan Current = TimeSpan.FromMinutes(20);

    // A controller that is there answers at once.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // A copy of a large database takes its time; after that without success something is wrong.
    private static readonly TimeSpan BackupTime = TimeSpan.FromHours(6);

    public static IEnumerable<Problem> Of(Snapshot snapshot) =>
        [.. Refusals(snapshot), .. Jobs(snapshot), .. Backups(snapshot), .. Autoscalers(snapshot), .. Routes(snapshot)];

    private static IEnumerable<Problem> Refusals(Snapshot snapshot) => snapshot.Events
        .Where(one => one.Reason == "FailedCreate" && snapshot.Now - one.Seen < Current && IsStillMissing(snapshot, one.InvolvedObject))
        .OrderByDescending(static one => one.Seen)
        .Select(static one => Refusal(Owner(one.InvolvedObject), one.Message));

    private static Problem Refusal(string subject, string message)
    {
        var said = ContainerProblems.Sentence(message);
        var fix = message switch
        {
            _ when message.Contains("exceeded quota", StringComparison.Ordinal) => "Raise the quota (cluster.quota in the values, where it is the platform's own), or lower replicas or requests.",
            _ when message.Contains("violates PodSecurity", StringComparison.Ordinal) => "The namespace enforces pod security 'restricted'. What 'rag generate' writes passes it: was the pod changed by hand or by an admission webhook?",
            _ when message.Contains("PriorityClass", StringComparison.Ordinal) => "Make the priority class, or take cluster.priorityClass out of the values.",
            _ when message.Contains("serviceaccount", StringComparison.OrdinalIgnoreCase) => "Apply again: the manifests bring the account.",
            _ when message.Contains("webhook", StringComparison.OrdinalIgnoreCase) => "An admission webhook of the cluster refuses it, or is away: whoever runs the cluster knows it.",
            _ => "Change what the message names in the values, and apply again.",
        };
        return new Problem(ProblemKind.Refused, subject, $"The cluster refuses its pods: {said}", fix);
    }

    private static bool IsStillMissing(Snapshot snapshot, ApiOwner owner) => snapshot.Workloads.FirstOrDefault(workload => Owner(owner) == workload.Metadata.Name) is not { } workload || !Rollout.Of(workload).IsDone;

    // ReplicaSet rag-api-7d4b9c6f5d -> rag-api
    private static string Owner(ApiOwner owner) => owner.Kind == "ReplicaSet" && owner.Name.LastIndexOf('-') is > 0 and var dash ? owner.Name[..dash] : owner.Name;

    private static IEnumerable<Problem> Jobs(Snapshot snapshot) =>
        from job in snapshot.Jobs
        let failed = job.Status.Conditions.FirstOrDefault(static one => one is { Type: "Failed", Status: "True" })
        // Of a CronJob's runs the last one counts, see below.
        where failed is not null && job.Metadata.OwnerReferences.All(static owner => owner.Kind != "CronJob")
        select new Problem(
            ProblemKind.JobFailed, job.Metadata.Name, $"The job gave up ({failed.Reason}): {ContainerProblems.Sentence(failed.Message)}{Said(snapshot, job.Metadata.Name)}",
            $"{snapshot.Kubectl} logs job/{job.Metadata.Name}; once the cause is gone: {snapshot.Kubectl} delete job {job.Metadata.Name}, and apply again.");

    private static string Said(Snapshot snapshot, string job) => snapshot.Pods.Where(pod => pod.Metadata.OwnerReferences.Any(owner => owner.Kind == "Job" && owner.Name == job))
        .SelectMany(pod => snapshot.LastWords.Where(words => words.Key.Pod == pod.Metadata.Name))
        .Select(static words => $" Its last words: {words.Value}").FirstOrDefault() ?? "";

    private static IEnumerable<Problem> Backups(Snapshot snapshot) =>
        from backup in snapshot.CronJobs
        where !backup.Spec.Suspend && backup.Status.Active.Count == 0
            && backup.Status.LastScheduleTime is { } due && (backup.Status.LastSuccessfulTime is not { } success || success < due)
            && (LastRunFailed(snapshot, backup) || snapshot.Now - due > BackupTime)
        select new Problem(
            ProblemKind.BackupFailed, backup.Metadata.Name, $"The run of {Age.Of(snapshot.Now - backup.Status.LastScheduleTime)} ago did not succeed; the last that did was {(backup.Status.LastSuccessfulTime is { } last ? $"{Age.Of(snapshot.Now - last)} ago" : "never")}.",
            $"{snapshot.Kubectl} logs -l app.kubernetes.io/name={backup.Metadata.Labels.GetValueOrDefault("app.kubernetes.io/name", backup.Metadata.Name)} --tail=50; then: {snapshot.Kubectl} create job --from=cronjob/{backup.Metadata.Name} {backup.Metadata.Name}-now");

    private static bool LastRunFailed(Snapshot snapshot, ApiCronJob backup) => snapshot.Jobs
        .Where(job => job.Metadata.OwnerReferences.Any(owner => owner.Kind == "CronJob" && owner.Name == backup.Metadata.Name))
        .OrderByDescending(static job => job.Metadata.CreationTimestamp)
        .FirstOrDefault()?.Status.Conditions.Any(static one => one is { Type: "Failed", Status: "True" }) == true;

    private static IEnumerable<Problem> Autoscalers(Snapshot snapshot) =>
        from scaler in snapshot.Autoscalers
        let blind = scaler.Status.Conditions.FirstOrDefault(static one => one is { Type: "ScalingActive", Status: "False" } && one.Reason?.StartsWith("FailedGet", StringComparison.Ordinal) == true)
        where blind?.Message?.Contains("metrics.k8s.io", StringComparison.Ordinal) == true
        select new Problem(
            ProblemKind.NoMetrics, scaler.Metadata.Name, "The autoscaler has nothing to go by: the cluster does not measure what its pods use.",
            "Install metrics-server (https://github.com/kubernetes-sigs/metrics-server). Until then the number of pods stays as it is.")
        { IsWarning = true };

    private static IEnumerable<Problem> Routes(Snapshot snapshot)
    {
        foreach (var ingress in snapshot.Ingresses.Where(ingress => snapshot.Now - ingress.Metadata.CreationTimestamp > Patience))
        {
            if (!ingress.Status.LoadBalancer.ToString().Contains("ingress", StringComparison.Ordinal))
            {
                yield return new Problem(
                    ProblemKind.RouteUnserved, ingress.Metadata.Name, $"No controller has taken the Ingress{(ingress.Spec.IngressClassName is { } name ? $" of the class {name}" : ", which names no class")}.",
                    "Install an ingress controller, or name the class of the one there is in exposure.ingressClass ('kubectl get ingressclass').") { IsWarning = true };
            }
        }

        foreach (var route in snapshot.Routes.Where(route => snapshot.Now - route.Metadata.CreationTimestamp > Patience))
        {
            var refused = route.Status.Parents.SelectMany(static parent => parent.Conditions).FirstOrDefault(static one => one is { Type: "Accepted" or "ResolvedRefs", Status: "False" });
            var gateways = string.Join(", ", route.Spec.ParentRefs.Select(static parent => parent.Namespace is null ? parent.Name : $"{parent.Namespace}/{parent.Name}"));
            if (refused is not null || route.Status.Parents.Count == 0)
            {
                yield return new Problem(
                    ProblemKind.RouteUnserved, route.Metadata.Name, refused is null ? $"No gateway has taken the route; it names {gateways}." : $"The gateway {gateways} does not serve the route ({refused.Reason}): {ContainerProblems.Sentence(refused.Message)}",
                    "Is there a Gateway of that name, and does its listener allow routes from this namespace? 'kubectl get gateways -A' shows them; exposure.gateway names it.");
            }
        }
    }
}
