using System.Diagnostics;
using System.Text.Json;
using Aspire.Hosting.Orchestration.Processes;

namespace LocalHosting.Tests.Orchestration;

public sealed class LeftoversTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<Process> _started = [];
    private readonly List<string> _log = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task A_recorded_child_of_a_dead_host_is_ended_and_the_record_removed()
    {
        var child = Sleep();
        Record("dead", host: Dead(), child: ProcessIdentity.Of(child.Id)!);

        await Leftovers.EndAsync(_directory.Path, _log.Add, CancellationToken.None);

        Assert.True(child.WaitForExit(5000));
        Assert.Contains("'recorded'", Assert.Single(_log), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(_directory.Path, "run")));
    }

    [Fact]
    public async Task A_process_that_only_has_the_same_number_is_left_alone()
    {
        var stranger = Sleep();
        Record("dead", host: Dead(), child: new ProcessIdentity(stranger.Id, "another start"));

        await Leftovers.EndAsync(_directory.Path, _log.Add, CancellationToken.None);

        Assert.False(stranger.HasExited);
        Assert.Empty(_log);
    }

    [Fact]
    public async Task A_child_that_was_never_recorded_is_known_by_its_environment()
    {
        var unrecorded = Sleep("unrecorded-run");
        var other = Sleep("another-run");
        Record("unrecorded-run", host: Dead(), child: null);

        await Leftovers.EndAsync(_directory.Path, _log.Add, CancellationToken.None);

        Assert.True(unrecorded.WaitForExit(5000));
        Assert.False(other.HasExited);
    }

    [Fact]
    public async Task A_run_whose_host_lives_is_left_alone_and_found()
    {
        var host = Sleep();
        var child = Sleep();
        Record("alive", host: ProcessIdentity.Of(host.Id)!, child: ProcessIdentity.Of(child.Id)!);

        await Leftovers.EndAsync(_directory.Path, _log.Add, CancellationToken.None);

        Assert.False(child.HasExited);
        Assert.Equal(host.Id, Leftovers.OtherHost(_directory.Path)?.ProcessId);
    }

    private static ProcessIdentity Dead()
    {
        using var process = Process.Start("true");
        process.WaitForExit();
        return new ProcessIdentity(process.Id, "ended");
    }

    private Process Sleep(string? run = null)
    {
        var start = new ProcessStartInfo("sleep", ["300"]);
        start.Environment.Remove(ChildEnvironment.RunVariable);
        if (run is not null)
        {
            start.Environment[ChildEnvironment.RunVariable] = run;
        }

        var process = Process.Start(start)!;
        _started.Add(process);
        return process;
    }

    private void Record(string run, ProcessIdentity host, ProcessIdentity? child)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_directory.Path, "run", run)).FullName;
        File.WriteAllText(Path.Combine(directory, "host.json"), JsonSerializer.Serialize(new ChildRecord(host, "host", StopSignal.Terminate, 0, false)));
        if (child is not null)
        {
            var record = new ChildRecord(child, "recorded", StopSignal.Terminate, 0, false);
            File.WriteAllText(Path.Combine(directory, $"{child.ProcessId}.json"), JsonSerializer.Serialize(record));
        }
    }
}
