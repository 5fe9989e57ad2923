using System.Xml;
using System.Xml.Linq;

namespace Rag.Cli.Testing;

/// <summary>Reads the results file that <c>dotnet test --logger trx</c> writes.</summary>
/// <remarks>
/// <code>
/// &lt;TestRun&gt;
///   &lt;Results&gt;
///     &lt;UnitTestResult testName="A.B.c" outcome="Failed"&gt;
///       &lt;Output&gt;&lt;ErrorInfo&gt;&lt;Message&gt;...&lt;/Message&gt;&lt;StackTrace&gt;...&lt;/StackTrace&gt;&lt;/ErrorInfo&gt;&lt;/Output&gt;
///   &lt;ResultSummary outcome="Failed"&gt;&lt;RunInfos&gt;&lt;RunInfo outcome="Error"&gt;&lt;Text&gt;Test host process crashed&lt;/Text&gt;
/// </code>
/// </remarks>
internal static class TrxFile
{
    /// <summary>Reads the tests of a results file, and what went wrong with the run as a whole.</summary>
    /// <exception cref="XmlException">The file is cut off or no XML.</exception>
    public static (IReadOnlyList<TestCaseResult> Cases, string? Fault) Read(Stream stream)
    {
        var root = XDocument.Load(stream).Root ?? throw new XmlException("The results file has no root element.");
        var cases = root.Descendants()
            .Where(element => element.Name.LocalName == "UnitTestResult")
            .Select(ReadCase)
            .ToList();
        var faults = root.Descendants()
            .Where(element => element.Name.LocalName == "RunInfo" && (string?)element.Attribute("outcome") is "Error" or "Failed")
            .Select(element => Text(element, "Text"))
            .OfType<string>()
            // The adapter repeats each failed test as a run message; those are counted as tests already.
            .Where(text => !text.Contains("[FAIL]", StringComparison.Ordinal))
            .ToList();
        return (cases, faults.Count == 0 ? null : string.Join(' ', faults));
    }

    private static TestCaseResult ReadCase(XElement result)
    {
        var outcome = (string?)result.Attribute("outcome") switch
        {
            "Passed" => TestOutcome.Passed,
            "NotExecuted" or "Pending" => TestOutcome.Skipped,
            // Failed, Error, Timeout, Aborted and whatever may come: only a pass is a pass.
            _ => TestOutcome.Failed,
        };
        // A skipped test's reason stands in the error's message or in the output, depending on the adapter's version.
        var message = outcome == TestOutcome.Passed ? null : Text(result, "Message") ?? (outcome == TestOutcome.Skipped ? Text(result, "StdOut") : null);
        return new TestCaseResult((string?)result.Attribute("testName") ?? "(unnamed)", outcome, message, Text(result, "StackTrace"));
    }

    private static string? Text(XElement within, string name) =>
        within.Descendants().FirstOrDefault(element => element.Name.LocalName == name)?.Value.Trim() is { Length: > 0 } text ? text : null;
}
