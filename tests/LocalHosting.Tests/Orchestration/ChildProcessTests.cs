using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Orchestration.Processes;

namespace LocalHosting.Tests.Orchestration;

public sealed class ChildProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentQueue<(string Line, bool IsError)> _lines = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Lines_of_both_streams_and_the_exit_code_arrive_and_nothing_unasked_is_inherited()
    {
        var script = Shell("echo out; echo err >&2; env | sort; exit 3") with { Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["GIVEN"] = "yes" } };
        await using var child = ChildProcess.Start(script, null, OnLine);

        Assert.Equal(3, await child.Completion);
        Assert.Contains(("out", false), _lines);
        Assert.Contains(("err", true), _lines);
        Assert.Contains(("GIVEN=yes", false), _lines);
        Assert.DoesNotContain(_lines, line => line.Line.StartsWith("HOME=", StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_program_is_named()
    {
        var error = Assert.Throws<InvalidOperationException>(() => ChildProcess.Start(Shell("") with { FileName = "no-such-program" }, null, OnLine));
        Assert.Contains("no-such-program", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_follows_the_signal_ends_by_itself()
    {
        await using var child = ChildProcess.Start(Shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"), null, OnLine);
        await LineAsync("ready");
        await child.StopAsync();

        Assert.Equal(0, await child.Completion);
        Assert.Contains(("bye", false), _lines);
    }

    [Fact]
    public async Task A_process_that_ignores_the_signal_is_killed_with_all_it_started()
    {
        var specification = Shell("trap '' TERM; sleep 300 & echo child $!; while :; do sleep 0.05; done") with { StopTimeout = TimeSpan.FromMilliseconds(200) };
        await using var child = ChildProcess.Start(specification, null, OnLine);
        await Eventually.TrueAsync(() => _lines.Any(line => line.Line.StartsWith("child ", StringComparison.Ordinal)), "the grandchild's number");
        var grandchild = int.Parse(_lines.First(line => line.Line.StartsWith("child ", StringComparison.Ordinal)).Line[6..], CultureInfo.InvariantCulture);
        Assert.NotNull(ProcessIdentity.Of(grandchild));

        var clock = Stopwatch.StartNew();
        await child.StopAsync();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5));
        Assert.Equal(128 + 9, await child.Completion);
        await Eventually.TrueAsync(() => ProcessIdentity.Of(grandchild) is null, "the grandchild is gone");
    }

    [Fact]
    public async Task What_a_crashed_process_leaves_behind_is_ended_and_does_not_hold_up_its_end()
    {
        await using var child = ChildProcess.Start(Shell("sleep 300 & echo child $!; kill -9 $$"), null, OnLine);
        Assert.Equal(128 + 9, await child.Completion.WaitAsync(TimeSpan.FromSeconds(10)));
        var grandchild = int.Parse(_lines.First().Line[6..], CultureInfo.InvariantCulture);
        await Eventually.TrueAsync(() => ProcessIdentity.Of(grandchild) is null, "the grandchild is gone");
    }

    [Fact]
    public async Task Records_stand_on_disk_while_a_child_lives_and_vanish_with_it()
    {
        using var records = RunRecords.Open(_directory.Path);
        await using var child = ChildProcess.Start(Shell("echo $LOCALHOSTING_RUN; sleep 300"), records, OnLine);
        var run = Path.Combine(_directory.Path, "run", records.RunId);

        Assert.True(File.Exists(Path.Combine(run, $"{child.ProcessId}.json")));
        await LineAsync(records.RunId);
        await child.StopAsync();

        Assert.Equal(["host.json"], Directory.EnumerateFiles(run).Select(Path.GetFileName));
        records.Dispose();
        Assert.False(Directory.Exists(run));
    }

    private void OnLine(string line, bool isError) => _lines.Enqueue((line, isError));

    private Task LineAsync(string text) => Eventually.TrueAsync(() => _lines.Any(line => line.Line == text), $"the line '{text}'");

    internal ChildSpecification Shell(string script) => new()
    {
        Name = "script",
        FileName = "/bin/sh",
        Arguments = ["-c", script],
        WorkingDirectory = _directory.Path,
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
    };
}
