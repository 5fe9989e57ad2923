namespace Rag.Cli.Testing;

internal enum TestOutcome
{
    Passed,
    Failed,
    Skipped,
}

/// <summary>One test of a results file.</summary>
/// <param name="Name">Its full display name.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Message">The failure's message or the reason for skipping; null for a passed test.</param>
/// <param name="StackTrace">Where it failed.</param>
internal sealed record TestCaseResult(string Name, TestOutcome Outcome, string? Message, string? StackTrace);

/// <summary>What one test project's run left.</summary>
/// <param name="Project">The project's name.</param>
/// <param name="Cases">Its tests; may be incomplete when there is a fault.</param>
/// <param name="Duration">From start to end of its process.</param>
/// <param name="Fault">Why the run itself failed (crash, time limit), or null.</param>
internal sealed record TestProjectResult(string Project, IReadOnlyList<TestCaseResult> Cases, TimeSpan Duration, string? Fault)
{
    public int Passed => Cases.Count(one => one.Outcome == TestOutcome.Passed);

    /// <summary>Failed tests; a run that broke without naming one counts as one, so that it cannot look green.</summary>
    public int Failed => Cases.Count(one => one.Outcome == TestOutcome.Failed) + (Fault is null ? 0 : 1);

    public int Skipped => Cases.Count(one => one.Outcome == TestOutcome.Skipped);
}
