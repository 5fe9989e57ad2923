using System.Globalization;

namespace Rag.Cli.Testing;

/// <summary>Prints what the test projects left: a table, the skips with their reasons, the failures, and one closing line.</summary>
internal static class TestReport
{
    private const int StackLines = 6;

    /// <summary>The row of one project, aligned to the longest name.</summary>
    public static string Row(TestProjectResult result, int nameWidth) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Project.PadRight(nameWidth)}  {result.Passed,6}  {result.Failed,6}  {result.Skipped,7}  {result.Duration.TotalSeconds,7:0.0} s");

    public static string Header(int nameWidth) => $"{"project".PadRight(nameWidth)}  passed  failed  skipped       time";

    /// <summary>Prints skips, failures and the closing line; returns the exit code.</summary>
    public static int Close(Terminal terminal, IReadOnlyCollection<TestProjectResult> results)
    {
        PrintSkips(terminal, results);
        PrintUnsteady(terminal, results);
        PrintFailures(terminal, results);
        var passed = results.Sum(result => result.Passed);
        var failed = results.Sum(result => result.Failed);
        var skipped = results.Sum(result => result.Skipped);
        if (passed + failed == 0)
        {
            terminal.Problem("No test ran.", "The filter matches nothing, or every test was skipped.");
        }

        terminal.Line();
        terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {failed} failed, {skipped} skipped"));
        return failed > 0 || passed == 0 ? ExitCode.Failed : ExitCode.Ok;
    }

    private static void PrintSkips(Terminal terminal, IEnumerable<TestProjectResult> results)
    {
        var reasons = results
            .SelectMany(result => result.Cases)
            .Where(one => one.Outcome == TestOutcome.Skipped)
            .GroupBy(one => one.Message ?? "no reason given", StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToList();
        if (reasons.Count == 0)
        {
            return;
        }

        terminal.Line();
        terminal.Line("Skipped:");
        foreach (var reason in reasons)
        {
            terminal.Warn($"  {reason.Key}");
            foreach (var one in reason)
            {
                terminal.Line($"    - {one.Name}");
            }
        }
    }

    private static void PrintUnsteady(Terminal terminal, IEnumerable<TestProjectResult> results)
    {
        foreach (var one in results.SelectMany(result => result.Unsteady))
        {
            terminal.Line();
            terminal.Warn($"UNSTEADY {one.Name} failed, and passed when it ran once more:");
            terminal.Line(Indent(one.Message ?? "no message"));
        }
    }

    private static void PrintFailures(Terminal terminal, IEnumerable<TestProjectResult> results)
    {
        foreach (var result in results)
        {
            foreach (var one in result.Cases.Where(one => one.Outcome == TestOutcome.Failed))
            {
                terminal.Line();
                terminal.Bad($"FAILED {one.Name}");
                terminal.Line(Indent(one.Message ?? "no message"));
                if (one.StackTrace is not null)
                {
                    terminal.Line(Indent(string.Join('\n', one.StackTrace.Split('\n').Take(StackLines))));
                }
            }

            if (result.Fault is not null)
            {
                terminal.Line();
                terminal.Bad($"BROKEN {result.Project}");
                terminal.Line(Indent(result.Fault));
            }
        }
    }

    private static string Indent(string text) => "    " + text.Replace("\n", "\n    ", StringComparison.Ordinal);
}
