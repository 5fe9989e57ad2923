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
    /// <summary>Tests that failed and then passed when they ran once more, as they failed: each is a fault to be mended, in the test or in what it tests.</summary>
    public IReadOnlyList<TestCaseResult> Unsteady { get; init; } = [];

    public int Passed => Cases.Count(one => one.Outcome == TestOutcome.Passed);

    /// <summary>Failed tests; a run that broke without naming one counts as one, so that it cannot look green.</summary>
    public int Failed => Cases.Count(one => one.Outcome == TestOutcome.Failed) + (Fault is null ? 0 : 1);

    public int Skipped => Cases.Count(one => one.Outcome == TestOutcome.Skipped);

    /// <summary>This run with what a second run of its failed tests gave. What failed twice, or did not run again, has failed.</summary>
    public TestProjectResult With(TestProjectResult second)
    {
        // Long arguments are cut in names, so that two cases may share one.
        var passed = second.Cases.GroupBy(one => one.Name, StringComparer.Ordinal)
            .Where(group => group.All(one => one.Outcome == TestOutcome.Passed))
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        return this with
        {
            Cases = [.. Cases.Select(one => one.Outcome == TestOutcome.Failed && passed.TryGetValue(one.Name, out var again) ? again : one)],
            Unsteady = [.. Cases.Where(one => one.Outcome == TestOutcome.Failed && passed.ContainsKey(one.Name))],
            Duration = Duration + second.Duration,
        };
    }
}
