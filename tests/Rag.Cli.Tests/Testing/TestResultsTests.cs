using System.Text;
using System.Xml;
using Rag.Cli.Testing;

namespace Rag.Cli.Tests.Testing;

public sealed class TestResultsTests
{
    private const string Mixed = """
        <?xml version="1.0" encoding="utf-8"?>
        <TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
          <Results>
            <UnitTestResult testName="Room.Works" outcome="Passed" duration="00:00:00.01" />
            <UnitTestResult testName="Room.Breaks" outcome="Failed">
              <Output><ErrorInfo><Message>Expected 1, found 2</Message><StackTrace>   at Room.Breaks()</StackTrace></ErrorInfo></Output>
            </UnitTestResult>
            <UnitTestResult testName="Room.Waits" outcome="NotExecuted">
              <Output><ErrorInfo><Message>RAG_SHARED is not set</Message></ErrorInfo></Output>
            </UnitTestResult>
            <UnitTestResult testName="Room.WaitsElsewhere" outcome="NotExecuted">
              <Output><StdOut>no browser</StdOut></Output>
            </UnitTestResult>
            <UnitTestResult testName="Room.Hangs" outcome="Timeout" />
          </Results>
          <ResultSummary outcome="Failed">
            <RunInfos>
              <RunInfo outcome="Error"><Text>[xUnit.net 00:00:00.4]     Room.Breaks [FAIL]</Text></RunInfo>
              <RunInfo outcome="Warning"><Text>only a warning</Text></RunInfo>
            </RunInfos>
          </ResultSummary>
        </TestRun>
        """;

    [Fact]
    public void What_passes_in_a_second_run_counts_as_passed_and_is_named_and_what_fails_twice_has_failed()
    {
        static TestCaseResult Case(string name, TestOutcome outcome) => new(name, outcome, outcome == TestOutcome.Failed ? $"{name} broke" : null, null);
        var first = new TestProjectResult(
            "Room.Tests",
            [Case("A", TestOutcome.Passed), Case("B", TestOutcome.Failed), Case("C", TestOutcome.Failed), Case("D", TestOutcome.Failed), Case("E(x...)", TestOutcome.Failed)],
            TimeSpan.FromSeconds(1),
            Fault: null);
        var second = new TestProjectResult(
            "Room.Tests",
            [Case("B", TestOutcome.Passed), Case("C", TestOutcome.Failed), Case("E(x...)", TestOutcome.Passed), Case("E(x...)", TestOutcome.Failed)],
            TimeSpan.FromSeconds(1),
            Fault: null);

        var both = first.With(second);

        Assert.Equal((2, 3), (both.Passed, both.Failed));
        Assert.Equal("B", Assert.Single(both.Unsteady).Name);
        var (exitCode, output) = Close(both);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("UNSTEADY B failed, and passed when it ran once more:", output, StringComparison.Ordinal);
        Assert.Contains("B broke", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Outcomes_messages_and_reasons_are_read()
    {
        var (cases, fault) = Read(Mixed);
        Assert.Null(fault);
        Assert.Equal(
            [TestOutcome.Passed, TestOutcome.Failed, TestOutcome.Skipped, TestOutcome.Skipped, TestOutcome.Failed],
            cases.Select(one => one.Outcome));
        Assert.Equal("Expected 1, found 2", cases[1].Message);
        Assert.Equal("at Room.Breaks()", cases[1].StackTrace);
        Assert.Equal("RAG_SHARED is not set", cases[2].Message);
        Assert.Equal("no browser", cases[3].Message);
    }

    [Fact]
    public void A_crashed_run_is_a_fault()
    {
        var (cases, fault) = Read("<TestRun><ResultSummary><RunInfos><RunInfo outcome=\"Error\"><Text>Test host process crashed</Text></RunInfo></RunInfos></ResultSummary></TestRun>");
        Assert.Empty(cases);
        Assert.Equal("Test host process crashed", fault);
    }

    [Fact]
    public void A_file_that_was_cut_off_is_refused() => Assert.Throws<XmlException>(() => Read(Mixed[..400]));

    [Fact]
    public void The_last_line_is_the_sum_and_each_skip_has_its_reason()
    {
        var (exitCode, output) = Close(new TestProjectResult("Room.Tests", Read(Mixed).Cases, TimeSpan.FromSeconds(1), Fault: null));
        Assert.Equal(1, exitCode);
        Assert.Equal("1 passed, 2 failed, 2 skipped", output.TrimEnd().Split('\n')[^1]);
        Assert.Contains("RAG_SHARED is not set\n    - Room.Waits", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("FAILED Room.Breaks\n    Expected 1, found 2", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_broke_counts_as_a_failure_even_if_each_test_passed()
    {
        var (exitCode, output) = Close(new TestProjectResult("Room.Tests", [Passed], TimeSpan.Zero, "Stopped after its time limit"));
        Assert.Equal(1, exitCode);
        Assert.EndsWith("1 passed, 1 failed, 0 skipped", output.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("BROKEN Room.Tests", output, StringComparison.Ordinal);
    }

    [Fact]
    public void No_test_at_all_is_no_success()
    {
        var (exitCode, output) = Close(new TestProjectResult("Room.Tests", [], TimeSpan.Zero, Fault: null));
        Assert.Equal(1, exitCode);
        Assert.EndsWith("0 passed, 0 failed, 0 skipped", output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_passed_tests_are_a_success()
    {
        var (exitCode, output) = Close(new TestProjectResult("Room.Tests", [Passed], TimeSpan.Zero, Fault: null));
        Assert.Equal(0, exitCode);
        Assert.EndsWith("1 passed, 0 failed, 0 skipped", output.TrimEnd(), StringComparison.Ordinal);
    }

    private static TestCaseResult Passed => new("Room.Works", TestOutcome.Passed, null, null);

    private static (IReadOnlyList<TestCaseResult> Cases, string? Fault) Read(string trx)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(trx));
        return TrxFile.Read(stream);
    }

    private static (int ExitCode, string Output) Close(params TestProjectResult[] results)
    {
        using var output = new StringWriter();
        var exitCode = TestReport.Close(Terminal.Plain(output, TextWriter.Null), results);
        return (exitCode, output.ToString());
    }
}
