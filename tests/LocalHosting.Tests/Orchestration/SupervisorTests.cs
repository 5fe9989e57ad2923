using System.Collections.Concurrent;
using Aspire.Hosting.Orchestration.Processes;

namespace LocalHosting.Tests.Orchestration;

public sealed class SupervisorTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentQueue<ProcessChange> _changes = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_crashed_process_is_started_again_until_it_stays()
    {
        using var stopping = new CancellationTokenSource();
        // Dies twice, then stays.
        var running = Supervise("n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; [ $n -lt 2 ] && exit 7; exec sleep 300").RunAsync(stopping.Token);
        await Eventually.TrueAsync(() => _changes.Count(change => change.Phase == ProcessPhase.Running) == 3, "the third start");

        var waits = _changes.Where(change => change.RestartsIn is not null).ToList();
        Assert.Equal([TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(20)], waits.Select(change => change.RestartsIn!.Value));
        Assert.All(waits, change => Assert.Equal(7, change.ExitCode));

        await stopping.CancelAsync();
        await running;
        Assert.Equal(ProcessPhase.Ended, _changes.Last().Phase);
        var last = _changes.Last(change => change.Phase == ProcessPhase.Running).ProcessId!.Value;
        Assert.Null(ProcessIdentity.Of(last));
    }

    [Fact]
    public async Task A_process_that_finishes_is_not_started_again()
    {
        await Supervise("exit 0").RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([ProcessPhase.Starting, ProcessPhase.Running, ProcessPhase.Ended], _changes.Select(change => change.Phase));
        Assert.Equal(0, _changes.Last().ExitCode);
    }

    [Fact]
    public async Task What_cannot_be_started_says_why_and_is_not_tried_for_ever()
    {
        await Supervise("", program: "no-such-program").RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(ProcessPhase.FailedToStart, _changes.Last().Phase);
        Assert.Contains("no-such-program", _changes.Last().Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 1)]
    [InlineData(5, 8)]
    [InlineData(7, 30)]
    [InlineData(int.MaxValue, 30)]
    public void Waits_double_up_to_the_longest(int crashes, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new RestartPolicy().WaitAfter(crashes));

    [Fact]
    public void A_long_run_makes_the_next_crash_the_first_again()
    {
        var policy = new RestartPolicy();
        Assert.Equal(5, policy.CountCrash(4, TimeSpan.FromSeconds(59)));
        Assert.Equal(1, policy.CountCrash(4, TimeSpan.FromSeconds(60)));
    }

    private Supervisor Supervise(string script, string program = "/bin/sh") => new()
    {
        Specification = _ => Task.FromResult(new ChildSpecification
        {
            Name = "script",
            FileName = program,
            Arguments = ["-c", script],
            WorkingDirectory = _directory.Path,
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
        }),
        OnLine = static (_, _) => { },
        OnChange = change =>
        {
            _changes.Enqueue(change);
            return Task.CompletedTask;
        },
        Records = null,
        Policy = new RestartPolicy { FirstWait = TimeSpan.FromMilliseconds(10) },
    };
}
