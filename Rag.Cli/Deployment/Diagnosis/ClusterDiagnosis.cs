using System.Globalization;
using Rag.Cli.Deployment.Clusters;

namespace Rag.Cli.Deployment.Diagnosis;

/// <summary>Everything that is recognised as wrong in a snapshot, each with the way out. A pure function: the same snapshot, the same answer.</summary>
internal static class ClusterDiagnosis
{
    public static IReadOnlyList<Problem> Of(Snapshot snapshot)
    {
        var pods = snapshot.Pods.SelectMany(pod => (IEnumerable<Problem?>)[SchedulingProblems.Of(snapshot, pod), .. ContainerProblems.Of(snapshot, pod)]).OfType<Problem>();
        // Replicas fail alike: one line for all of them, the ways out differ in the pod's name only.
        return [.. pods.Concat(SchedulingProblems.Of(snapshot)).Concat(StorageProblems.Of(snapshot)).Concat(ControllerProblems.Of(snapshot)).Concat(ServiceProblems.Of(snapshot))
            .GroupBy(static problem => (problem.Kind, problem.Subject, What: IsTheSameForReplicas(problem.Kind) ? problem.What : ""))
            .Select(static group => group.Count() == 1 || group.Key.Kind is ProblemKind.JobFailed
                ? group.First()
                : group.First() with { What = string.Create(CultureInfo.InvariantCulture, $"{group.First().What} ({group.Count()} times)") })
            .OrderBy(static problem => problem.IsWarning)];
    }

    // Of these the sentence names what is missing, and nothing of the pod that misses it: two sentences are two things.
    private static bool IsTheSameForReplicas(ProblemKind kind) => kind is ProblemKind.MissingConfiguration or ProblemKind.RegistryUnauthorized or ProblemKind.RegistryUnreachable or ProblemKind.ImageNotFound;
}
