using System.Diagnostics;
using System.Globalization;
using Rag.Core.Extraction;
using Rag.Core.Extraction.ChildProcess;

namespace Rag.Core.Tests.Extraction;

/// <summary>What becomes of the tools of a child that died by itself, so that nothing leads to them from the child any more.</summary>
public sealed class LeftoverToolTests : IDisposable
{
    // Above what a busy machine takes, below the minute that the document has.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("rag-leftover-");

    /// <summary>The ways in which a worker starts a child: see <see cref="NetworkIsolation"/>.</summary>
    public static TheoryData<string, string> WaysAndDeaths
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var way in new[] { "", "/usr/bin/unshare --net --", "/usr/bin/unshare --user --net --" })
            {
                all.Add(way, "sleep 301 & echo $! > PID; kill -SEGV $$");
                all.Add(way, "sleep 301 & echo $! > PID; kill -KILL $$");
                // Not its own any more even while it lives, and holds none of its pipes.
                all.Add(way, "(sleep 301 >/dev/null 2>&1 & echo $! > PID); kill -KILL $$");
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(WaysAndDeaths))]
    public async Task What_a_child_started_ends_with_it_however_it_ends(string way, string behaviour)
    {
        string[] isolation = [.. way.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        if (!await WorksAsync(isolation))
        {
            return;
        }

        var clock = Stopwatch.StartNew();
        await using var child = await StartAsync(behaviour, isolation);
        var answer = child.ExtractAsync(new ExtractionRequest("a.txt", null, static _ => throw new NotSupportedException()), CancellationToken.None);
        await File.WriteAllTextAsync(GoFile, string.Empty);
        var outcome = await answer;
        Assert.Equal(ChildDeath.Crashed, outcome.Death);
        await EndsAsync(Tool());
        Assert.True(clock.Elapsed < Soon, $"It took {clock.Elapsed} to notice.");
    }

    [Fact]
    public async Task What_an_idle_child_started_ends_with_it_before_anybody_asks_for_the_child()
    {
        await using var child = await StartAsync("sleep 301 & echo $! > PID; kill -KILL $$", []);
        await File.WriteAllTextAsync(GoFile, string.Empty);
        await UntilAsync(() => File.Exists(PidFile) && File.ReadAllText(PidFile).EndsWith('\n'), "the tool did not start");
        await EndsAsync(Tool());
    }

    [Fact]
    public async Task A_number_that_went_to_another_process_is_left_alone()
    {
        // A group of its own whose leader lives: as it would be, had the number of a child that is gone been given anew.
        using var other = Process.Start("/bin/sh", ["-c", "exec setsid sleep 301"]);
        try
        {
            await UntilAsync(() => IsTool(other.Id), "the other process did not start");
            ProcessGroup.EndLeftovers(other.Id);
            Assert.False(other.WaitForExit(TimeSpan.FromMilliseconds(300)));
        }
        finally
        {
            other.Kill();
            await other.WaitForExitAsync();
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private string PidFile => Path.Combine(_directory.FullName, "pid");

    private string GoFile => Path.Combine(_directory.FullName, "go");

    private int Tool() => int.Parse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture);

    private async Task<ExtractionChild> StartAsync(string behaviour, string[] isolation)
    {
        var script = Path.Combine(_directory.FullName, "child");
        var ready = "printf '\\002\\000\\000\\000\\000'";
        await File.WriteAllTextAsync(script, $"#!/bin/sh\n{ready}\nwhile [ ! -e {GoFile} ]; do sleep 0.02; done\n{behaviour.Replace("PID", PidFile, StringComparison.Ordinal)}\n");
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("The child is a shell script.");
        }

        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return await ExtractionChild.StartAsync(new ExtractionOptions { Command = script, Timeout = TimeSpan.FromMinutes(1) }, isolation, TimeProvider.System, CancellationToken.None);
    }

    private static Task EndsAsync(int tool) => UntilAsync(() => !IsTool(tool), "a tool outlived its child");

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Soon, what);
            await Task.Delay(20);
        }
    }

    private static bool IsTool(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline") == "sleep\0301\0";
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task<bool> WorksAsync(string[] isolation)
    {
        if (isolation.Length == 0)
        {
            return true;
        }

        if (!File.Exists(isolation[0]))
        {
            return false;
        }

        using var trial = Process.Start(isolation[0], [.. isolation[1..], "true"]);
        await trial.WaitForExitAsync();
        return trial.ExitCode == 0;
    }
}
