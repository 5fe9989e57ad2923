using Rag.Core.Extraction;
using Rag.Testing.Mutations;

namespace Rag.Ingest.Tests.Extraction;

/// <summary>
/// The first few hundred of the damaged files that tests/fuzz makes by the ten thousand: each ends as a document or as a problem of that
/// document, soon, and the same in the child process as in this one.
/// </summary>
[Collection(nameof(ChildProcesses))]
public sealed class MutationTests
{
    private const int Seed = 1;

    public static TheoryData<string> Formats => new(MutationCorpus.Formats.Select(static format => format.Name));

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Damaged_files_cost_nobody_but_themselves(string name)
    {
        var count = name == "pdf" ? 100 : 300; // a PDF starts four processes
        await using var extractor = Extractors.Create(new ExtractionOptions { Timeout = TimeSpan.FromSeconds(20) });
        var report = await MutationRun.RunAsync(Format(name), Seed, count, here: true, extractor, Environment.ProcessorCount);

        Assert.Empty(report.Findings);
        Assert.Equal(count, report.Files);
        Assert.True(report.Documents > count / 10, $"Only {report.Documents} of {count} were read: nothing reaches the reader any more.");
        Assert.True(report.Documents < count, "Nothing was damaged.");
    }

    [Fact]
    public void A_seed_and_a_number_make_the_same_file_again()
    {
        foreach (var format in MutationCorpus.Formats)
        {
            Assert.Equal(format.File(Seed, 4), format.File(Seed, 4));
            Assert.NotEqual(format.File(Seed, 4), format.File(Seed, 5));
            Assert.NotEqual(format.File(Seed, 4), format.File(Seed + 1, 4));
        }
    }

    [Fact]
    public async Task A_reader_that_fails_is_a_finding()
    {
        using var script = new ScriptedChild("exit 3");
        await using var extractor = Extractors.Create(script.Options());
        var report = await MutationRun.RunAsync(Format("text"), Seed, 2, here: false, extractor, parallel: 1);
        Assert.Equal([0, 1], report.Findings.Select(static finding => finding.Number));
        Assert.All(report.Findings, static finding => Assert.Contains(ExtractionProblems.Failed, finding.What, StringComparison.Ordinal));
    }

    private static MutatedFormat Format(string name) => MutationCorpus.Formats.Single(format => format.Name == name);
}
