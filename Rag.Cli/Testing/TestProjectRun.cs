using System.Diagnostics;
using System.Xml;
using Rag.Cli.Processes;

namespace Rag.Cli.Testing;

/// <summary>Runs one built test project in a process of its own, within a time limit.</summary>
internal static class TestProjectRun
{
    public static async Task<TestProjectResult> RunAsync(
        string project,
        string assembly,
        string? filter,
        TimeSpan limit,
        IReadOnlyDictionary<string, string?> environment,
        CancellationToken cancellationToken)
    {
        var results = Path.Combine(Path.GetTempPath(), $"rag-test-results-{Guid.NewGuid():N}");
        var started = Stopwatch.GetTimestamp();
        try
        {
            string[] arguments =
            [
                "test", assembly, "--nologo", "--logger", "trx;LogFileName=results.trx", "--results-directory", results,
                .. filter is null ? (string[])[] : ["--filter", filter],
            ];
            var run = await ChildProgram.CaptureAsync(
                "dotnet", arguments, Path.GetDirectoryName(assembly)!, limit, environment, cancellationToken: cancellationToken);
            return Judge(project, Path.Combine(results, "results.trx"), run, limit, Stopwatch.GetElapsedTime(started));
        }
        finally
        {
            if (Directory.Exists(results))
            {
                Directory.Delete(results, recursive: true);
            }
        }
    }

    private static TestProjectResult Judge(string project, string file, ProgramResult run, TimeSpan limit, TimeSpan duration)
    {
        IReadOnlyList<TestCaseResult> cases = [];
        string? fault = null;
        if (File.Exists(file))
        {
            try
            {
                using var stream = File.OpenRead(file);
                (cases, fault) = TrxFile.Read(stream);
            }
            catch (XmlException exception)
            {
                fault = $"The results file cannot be read: {exception.Message}";
            }
        }

        if (run.TimedOut)
        {
            fault = $"Stopped after its time limit of {limit.TotalMinutes:0} minutes. The last it said:\n{Tail(run)}";
        }
        else if (run.ExitCode != 0 && fault is null && !cases.Any(one => one.Outcome == TestOutcome.Failed))
        {
            fault = $"The test process ended with exit code {run.ExitCode} without naming a failed test. The last it said:\n{Tail(run)}";
        }

        return new TestProjectResult(project, cases, duration, fault);
    }

    private static string Tail(ProgramResult run) =>
        string.Join('\n', (run.Output + run.Error).Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(15));
}
