using System.Globalization;
using Rag.Cli.Deployment.Clusters;
using Rag.Cli.Deployment.Diagnosis;
using Rag.Cli.Deployment.Status;

namespace Rag.Cli.Deployment;

/// <summary>Waits until all workloads of the manifests are what these say and all jobs are done, and says what holds them up as soon as it is seen.</summary>
internal sealed class RolloutWait(Terminal terminal, SnapshotReader snapshots, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    // A control plane that is updated, a token that is renewed: looks fail in the middle of a rollout that goes well.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, string> _states = new(StringComparer.Ordinal);
    private readonly HashSet<(ProblemKind, string)> _told = [];

    /// <summary>Waits.</summary>
    /// <exception cref="CliException">The cluster may not be looked at, or has not answered for a while; what was seen last is reported before.</exception>
    public async Task<int> RunAsync(Overlay overlay, TimeSpan limit, CancellationToken cancellationToken)
    {
        var wanted = overlay.Objects.Where(static one => TreeFacts.Rolling.Contains(one.Kind())).Select(static one => one.Name()).ToList();
        var jobs = overlay.Objects.Where(static one => one.Kind() == "Job").Select(static one => one.Name()).ToList();
        var started = time.GetTimestamp();
        var answered = started;
        (SortedDictionary<string, string> Waiting, IReadOnlyList<Problem> Problems)? last = null;
        while (true)
        {
            try
            {
                var snapshot = await snapshots.ReadAsync(cancellationToken);
                RequireSight(overlay, snapshot);
                answered = time.GetTimestamp();
                var problems = ClusterDiagnosis.Of(snapshot);
                var waiting = Waiting(snapshot, wanted, jobs);
                last = (waiting, problems);
                Tell(waiting, problems);
                if (waiting.Count == 0)
                {
                    terminal.Good(string.Create(CultureInfo.InvariantCulture, $"All {wanted.Count + jobs.Count} workloads are ready after {Age.Of(time.GetElapsedTime(started))}."));
                    return ExitCode.Ok;
                }

                if (time.GetElapsedTime(started) >= limit || IsHopeless(waiting, problems))
                {
                    return Report(waiting, problems, overlay.Environment, time.GetElapsedTime(started));
                }
            }
            catch (CliException exception) when (!KubectlFailure.Lasts(exception) && time.GetElapsedTime(answered) < LongestSilence && time.GetElapsedTime(started) < limit)
            {
                terminal.Quiet($"  {exception.Message} It is asked again.");
            }
            catch (CliException) when (last is { } seen)
            {
                Report(seen.Waiting, seen.Problems, overlay.Environment, time.GetElapsedTime(started));
                throw;
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    // What may not be seen never becomes ready.
    private static void RequireSight(Overlay overlay, Snapshot snapshot)
    {
        var hidden = snapshot.Unseen.Where(type => overlay.Objects.Any(one => (TreeFacts.Rolling.Contains(one.Kind()) || one.Kind() == "Job") && $"{one.Kind().ToLowerInvariant()}s" == type)).ToList();
        if (hidden.Count > 0)
        {
            throw new CliException(
                $"The cluster does not allow this. (These credentials may not list {string.Join(", ", hidden)}: everything was applied, and whether it is ready cannot be told.)",
                "Whoever runs it has to give you the right; --no-wait does not look.", ExitCode.Unavailable);
        }
    }

    private void Tell(SortedDictionary<string, string> waiting, IReadOnlyList<Problem> problems)
    {
        foreach (var (name, state) in waiting.Where(one => _states.GetValueOrDefault(one.Key) != one.Value))
        {
            _states[name] = state;
            terminal.Quiet($"  {name}: {state}");
        }

        // Each once: the number of restarts changes with every look, the way out does not.
        StatusText.Problems(terminal, [.. problems.Where(problem => _told.Add((problem.Kind, problem.Subject)))]);
    }

    // A job that gave up holds up whatever waits for it. Of other things that stay as they are some may stand beside things that still come.
    private static bool IsHopeless(SortedDictionary<string, string> waiting, IReadOnlyList<Problem> problems)
    {
        var final = problems.Where(static problem => problem.IsFinal).ToList();
        return final.Exists(static problem => problem.Kind == ProblemKind.JobFailed) || waiting.Keys.All(name => final.Exists(problem => problem.Subject == name));
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
