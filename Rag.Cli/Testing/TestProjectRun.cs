using System.Diagnostics;
using System.Xml;
using Rag.Cli.Processes;

namespace Rag.Cli.Testing;

/// <summary>Runs one built test project in a process of its own, within a time limit.</summary>
internal static class TestProjectRun
{
    // More than a few that fail are no matter of chance.
    private const int MostRepeated = 3;

    /// <summary>
    /// Runs it. A few failed tests run once more by themselves: the machine is shared, and a test that fails by chance must be told from one
    /// that fails. It is named in the report all the same.
    /// </summary>
    public static async Task<TestProjectResult> RunAsync(
        string project,
        string assembly,
        string? filter,
        TimeSpan limit,
        IReadOnlyDictionary<string, string?> environment,
        CancellationToken cancellationToken)
    {
        var first = await RunOnceAsync(project, assembly, filter, limit, environment, cancellationToken);
        if (first.Fault is not null || first.Failed is 0 or > MostRepeated)
        {
            return first;
        }

        // A case of a theory has its arguments in its name; the filter knows methods only.
        var methods = first.Cases.Where(one => one.Outcome == TestOutcome.Failed).Select(one => one.Name.Split('(')[0]).Distinct(StringComparer.Ordinal);
        var again = string.Join('|', methods.Select(method => $"FullyQualifiedName={method}"));
        return first.With(await RunOnceAsync(project, assembly, again, limit, environment, cancellationToken));
    }

    private static async Task<TestProjectResult> RunOnceAsync(
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
