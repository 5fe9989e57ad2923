using System.Globalization;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Diagnosis;
using Rag.Cli.Deployment.Status;

namespace Rag.Cli.Deployment;

/// <summary>Waits until all workloads of the manifests are what these say and all jobs are done, and says what holds them up when they are not.</summary>
internal sealed class RolloutWait(Terminal terminal, SnapshotReader snapshots, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    public async Task<int> RunAsync(Overlay overlay, TimeSpan limit, CancellationToken cancellationToken)
    {
        var wanted = overlay.Objects.Where(static one => TreeFacts.Rolling.Contains(one.Kind())).Select(static one => one.Name()).ToList();
        var jobs = overlay.Objects.Where(static one => one.Kind() == "Job").Select(static one => one.Name()).ToList();
        var started = time.GetTimestamp();
        var said = new Dictionary<string, string>(StringComparer.Ordinal);
        while (true)
        {
            var snapshot = await snapshots.ReadAsync(cancellationToken);
            var waiting = Waiting(snapshot, wanted, jobs);
            foreach (var (name, state) in waiting.Where(one => said.GetValueOrDefault(one.Key) != one.Value))
            {
                said[name] = state;
                terminal.Quiet($"  {name}: {state}");
            }

            if (waiting.Count == 0)
            {
                terminal.Good(string.Create(CultureInfo.InvariantCulture, $"All {wanted.Count + jobs.Count} workloads are ready after {Age.Of(time.GetElapsedTime(started))}."));
                // A warning such as a missing metrics-server is worth a line even where everything runs.
                StatusText.Problems(terminal, ClusterDiagnosis.Of(snapshot));
                return ExitCode.Ok;
            }

            var problems = ClusterDiagnosis.Of(snapshot);
            if (time.GetElapsedTime(started) >= limit || problems.Any(static problem => problem.Kind == ProblemKind.JobFailed))
            {
                return Report(waiting, problems, overlay.Environment, time.GetElapsedTime(started));
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private static SortedDictionary<string, string> Waiting(Snapshot snapshot, IReadOnlyList<string> workloads, IReadOnlyList<string> jobs)
    {
        var waiting = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in workloads)
        {
            if (snapshot.Workloads.FirstOrDefault(one => one.Metadata.Name == name) is not { } workload)
            {
                waiting[name] = "not there yet";
            }
            else if (Rollout.Of(workload) is { IsDone: false } rollout)
            {
                waiting[name] = rollout.State;
            }
        }

        foreach (var name in jobs)
        {
            // A job that is done and whose time is over is removed: what is not there has been.
            if (snapshot.Jobs.FirstOrDefault(one => one.Metadata.Name == name) is { Status.Succeeded: 0 })
            {
                waiting[name] = "the job is not done yet";
            }
        }

        return waiting;
    }

    private int Report(SortedDictionary<string, string> waiting, IReadOnlyList<Problem> problems, string environment, TimeSpan waited)
    {
        terminal.Bad($"Not ready after {Age.Of(waited)}:");
        foreach (var (name, state) in waiting)
        {
            terminal.Line($"  {name}: {state}");
        }

        StatusText.Problems(terminal, problems);
        terminal.Line($"What was applied stays; './rag status -e {environment}' looks again.");
        return ExitCode.Failed;
    }
}
