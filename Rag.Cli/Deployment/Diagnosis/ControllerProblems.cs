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
        .Select(one => Refusal(Owner(one.InvolvedObject), one.Message, snapshot.Namespace));

    private static Problem Refusal(string subject, string message, string kubeNamespace)
    {
        var said = ContainerProblems.Sentence(message);
        var fix = message switch
        {
            _ when message.Contains("exceeded quota", StringComparison.Ordinal) => "Raise the quota (cluster.quota in the values, where it is the platform's own), or lower replicas or requests.",
            _ when message.Contains("violates PodSecurity", StringComparison.Ordinal) => "The namespace enforces pod security 'restricted'. What 'rag generate' writes passes it: was the pod changed by hand or by an admission webhook?",
            _ when message.Contains("PriorityClass", StringComparison.Ordinal) => "Make the priority class, or take cluster.priorityClass out of the values.",
            // Its list of what was tried always speaks of serviceaccounts.
            _ when message.Contains("security context constraint", StringComparison.Ordinal) => $"OpenShift lets the platform's accounts not run as their own users. Whoever runs the cluster gives them nonroot-v2: oc -n {kubeNamespace} adm policy add-scc-to-group nonroot-v2 system:serviceaccounts:{kubeNamespace}",
            _ when message.Contains("error looking up service account", StringComparison.Ordinal) => "Apply again: the manifests bring the account.",
            _ when message.Contains("webhook", StringComparison.OrdinalIgnoreCase) => "An admission webhook of the cluster refuses it, or is away: whoever runs the cluster knows it.",
            _ => "Change what the message names in the values, and apply again.",
        };
        return new Problem(ProblemKind.Refused, subject, $"The cluster refuses its pods: {said}", fix);
    }

    // An owner that is gone wants no pods any more, and one that has them got them after all: a quota made a moment before refuses once or twice.
    private static bool IsStillMissing(Snapshot snapshot, ApiOwner owner) => owner.Kind == "Job"
        ? snapshot.Unseen.Contains("jobs") || snapshot.Jobs.Any(job => job.Metadata.Name == owner.Name && job.Status is { Succeeded: 0, Active: 0 })
        : snapshot.Unseen.Any(static type => type is "deployments" or "statefulsets" or "daemonsets") || snapshot.Workloads.Any(workload => Owner(owner) == workload.Metadata.Name && !Rollout.Of(workload).IsDone);

    // ReplicaSet rag-api-7d4b9c6f5d -> rag-api
    private static string Owner(ApiOwner owner) => owner.Kind == "ReplicaSet" && owner.Name.LastIndexOf('-') is > 0 and var dash ? owner.Name[..dash] : owner.Name;

    private static IEnumerable<Problem> Jobs(Snapshot snapshot) =>
        from job in snapshot.Jobs
        let failed = job.Status.Conditions.FirstOrDefault(static one => one is { Type: "Failed", Status: "True" })
        // Of a CronJob's runs the last one counts, see below.
        where failed is not null && job.Metadata.OwnerReferences.All(static owner => owner.Kind != "CronJob")
        // One of a version before, or of somebody else's, stays until its time is over: it holds nothing up.
        let isOwn = snapshot.OwnJobs?.Contains(job.Metadata.Name) != false
        select new Problem(
            ProblemKind.JobFailed, job.Metadata.Name, $"The job gave up ({failed.Reason}): {ContainerProblems.Sentence(failed.Message)}{Said(snapshot, job.Metadata.Name)}",
            isOwn
                ? $"{snapshot.Kubectl} logs job/{job.Metadata.Name}; once the cause is gone: {snapshot.Kubectl} delete job {job.Metadata.Name}, and apply again."
                : $"It is none of the manifests', so nothing waits for it: {snapshot.Kubectl} delete job {job.Metadata.Name} clears it away.")
        {
            IsWarning = !isOwn,
            IsFinal = isOwn,
        };

    private static string Said(Snapshot snapshot, string job)
    {
        var pods = snapshot.Pods.Where(pod => pod.Metadata.OwnerReferences.Any(owner => owner.Kind == "Job" && owner.Name == job)).ToList();
        // A program that is killed for its memory says nothing of it.
        var killed = pods.SelectMany(PodNames.Containers).Where(static pair => pair.Status.State.Terminated?.Reason == "OOMKilled" || pair.Status.LastState.Terminated?.Reason == "OOMKilled")
            .Select(static pair => $" The container {pair.Container.Name} was killed for wanting more memory than its limit of {pair.Container.Resources.Limits.GetValueOrDefault("memory", "unknown")}.").FirstOrDefault();
        return killed
            ?? pods.SelectMany(pod => snapshot.LastWords.Where(words => words.Key.Pod == pod.Metadata.Name)).Select(static words => $" Its last words: {words.Value}").FirstOrDefault()
            ?? pods.SelectMany(static pod => pod.Status.ContainerStatuses).Select(static status => status.State.Terminated?.Message).Where(static message => !string.IsNullOrEmpty(message))
                .Select(static message => $" It says: {ContainerProblems.Sentence(message)}").FirstOrDefault()
            ?? "";
    }

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
        let problem = blind switch
        {
            { Reason: "FailedGetExternalMetric" } => new Problem(
                ProblemKind.NoMetrics, scaler.Metadata.Name, $"The autoscaler does not get what KEDA counts: {ContainerProblems.Sentence(blind.Message)}",
                $"{snapshot.Kubectl} describe scaledobject says why. KEDA has to reach the database: network.kedaNamespace names where it runs. Until then the number of pods stays as it is."),
            { Message: { } message } when message.Contains("metrics.k8s.io", StringComparison.Ordinal) => new Problem(
                ProblemKind.NoMetrics, scaler.Metadata.Name, "The autoscaler has nothing to go by: the cluster does not measure what its pods use.",
                "Install metrics-server (https://github.com/kubernetes-sigs/metrics-server). Until then the number of pods stays as it is."),
            _ => null,
        }
        where problem is not null
        select problem with { IsWarning = true };

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
