using System.Globalization;
using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>How far a workload is with becoming what its manifest says.</summary>
/// <param name="Ready">Pods that are ready.</param>
/// <param name="Wanted">Pods that there should be.</param>
/// <param name="IsDone">Whether all of them are of the newest revision and available.</param>
/// <param name="State">In words.</param>
internal sealed record Rollout(int Ready, int Wanted, bool IsDone, string State)
{
    public static Rollout Of(ApiWorkload workload)
    {
        var status = workload.Status;
        var isDaemon = workload.Kind == "DaemonSet";
        var wanted = isDaemon ? status.DesiredNumberScheduled : workload.Spec.Replicas ?? 1;
        var updated = isDaemon ? status.UpdatedNumberScheduled : status.UpdatedReplicas;
        var ready = isDaemon ? status.NumberReady : status.ReadyReplicas;
        var available = isDaemon ? status.NumberAvailable : status.AvailableReplicas ?? (workload.Kind == "StatefulSet" ? ready : 0);
        // Pods of an earlier revision that still run; of a StatefulSet each is replaced, so there are none beside the new ones.
        var old = workload.Kind == "Deployment" ? status.Replicas - updated : 0;
        var state = status.ObservedGeneration < workload.Metadata.Generation ? "the change has not been seen yet"
            // No node is like its selector, or all refuse it: nothing runs, and nobody complains.
            : isDaemon && wanted == 0 ? "no node is there for it"
            : updated < wanted ? string.Create(CultureInfo.InvariantCulture, $"{updated} of {wanted} pods are of the new revision")
            : old > 0 ? string.Create(CultureInfo.InvariantCulture, $"{old} pods of the old revision have yet to end")
            : available < wanted ? string.Create(CultureInfo.InvariantCulture, $"{available} of {wanted} pods are available")
            : null;
        return new Rollout(ready, wanted, state is null, state ?? "ready");
    }
}
