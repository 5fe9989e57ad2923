using System.Globalization;

namespace Aspire.Hosting.Orchestration.Processes;

/// <summary>
/// Ends what a killed host left running. A process is ours when its number and start time stand in a run's records, or when its
/// environment names such a run; nothing is ever ended by name.
/// </summary>
internal static class Leftovers
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Ends the children of dead runs and removes their records. Runs whose host lives are left alone.</summary>
    public static async Task EndAsync(string stateDirectory, Action<string> log, CancellationToken cancellationToken)
    {
        var runs = RunRecords.RunsDirectory(stateDirectory);
        if (!Directory.Exists(runs))
        {
            return;
        }

        foreach (var run in Directory.EnumerateDirectories(runs))
        {
            if (RunRecords.Read(Path.Combine(run, RunRecords.HostFile)) is { } host && host.Process.IsAlive())
            {
                continue;
            }

            var children = Recorded(run).UnionBy(Marked(Path.GetFileName(run)), child => child.Process.ProcessId).ToList();
            foreach (var group in children.GroupBy(child => child.StopOrder).OrderBy(group => group.Key))
            {
                await Task.WhenAll(group.Select(child => EndAsync(child, log, cancellationToken)));
            }

            Directory.Delete(run, recursive: true);
        }
    }

    /// <summary>The living host of another run on this state directory, if there is one.</summary>
    public static ProcessIdentity? OtherHost(string stateDirectory)
    {
        var runs = RunRecords.RunsDirectory(stateDirectory);
        return !Directory.Exists(runs)
            ? null
            : Directory.EnumerateDirectories(runs)
                .Select(run => RunRecords.Read(Path.Combine(run, RunRecords.HostFile))?.Process)
                .FirstOrDefault(host => host is not null && host.ProcessId != Environment.ProcessId && host.IsAlive());
    }

    private static IEnumerable<ChildRecord> Recorded(string run) => Directory.EnumerateFiles(run, "*.json")
        .Where(file => Path.GetFileName(file) != RunRecords.HostFile)
        .Select(RunRecords.Read)
        .OfType<ChildRecord>()
        .Where(child => child.Process.IsAlive());

    // Started, but the host died before it could write the record; or started by a recorded child.
    private static IEnumerable<ChildRecord> Marked(string runId)
    {
        if (!OperatingSystem.IsLinux())
        {
            yield break;
        }

        var marker = $"{ChildEnvironment.RunVariable}={runId}";
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
                && processId != Environment.ProcessId
                && HasVariable(processId, marker)
                && ProcessIdentity.Of(processId) is { } identity)
            {
                yield return new ChildRecord(identity, $"process {processId}", StopSignal.Terminate, 0, Group: false);
            }
        }
    }

    private static bool HasVariable(int processId, string assignment)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/environ").Split('\0').Contains(assignment, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task EndAsync(ChildRecord child, Action<string> log, CancellationToken cancellationToken)
    {
        log($"'{child.Name}' (process {child.Process.ProcessId}) was left over from a run that was killed: ending it.");
        Signals.Send(child.Process.ProcessId, child.StopSignal);
        var deadline = DateTime.UtcNow + Patience;
        while (child.Process.IsAlive() && DateTime.UtcNow < deadline)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(25), cancellationToken);
        }

        // Without its leader a group's number proves nothing any more; its members are found by their environment.
        if (child.Process.IsAlive())
        {
            Signals.Send(child.Process.ProcessId, StopSignal.Kill, child.Group);
        }
    }
}
