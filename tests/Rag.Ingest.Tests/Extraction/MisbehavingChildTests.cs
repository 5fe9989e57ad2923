using System.Diagnostics;
using Rag.Core;
using Rag.Core.Extraction;
using Rag.Core.Extraction.ChildProcess;

namespace Rag.Ingest.Tests.Extraction;

/// <summary>What the worker does when a child does not do what it should.</summary>
[Collection(nameof(ChildProcesses))]
public sealed class MisbehavingChildTests
{
    [Fact]
    public async Task A_child_that_hangs_is_ended_with_all_it_started()
    {
        using var script = new ScriptedChild("sleep 4711 & sleep 4711");
        await using var extractor = Extractors.Create(script.Options(seconds: 1));
        await FailsAsync(extractor, ExtractionProblems.TimedOut);
        await Extractors.UntilAsync(static () => Extractors.Children().Count == 0 && !IsRunning("sleep\u00004711\0"), "a child outlived its limit");
    }

    [Fact]
    public async Task Cancelling_ends_the_child_with_all_it_started()
    {
        using var script = new ScriptedChild("sleep 4712 & sleep 4712");
        await using var extractor = Extractors.Create(script.Options());
        using var cancel = new CancellationTokenSource();
        var work = extractor.ExtractAsync(Extractors.Request("one", "a.txt"), cancel.Token);
        await Extractors.UntilAsync(static () => IsRunning("sleep\u00004712\0"), "the child did not start");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        await Extractors.UntilAsync(static () => Extractors.Children().Count == 0 && !IsRunning("sleep\u00004712\0"), "a child outlived its cancellation");
    }

    [Fact]
    public async Task A_child_that_grows_beyond_its_memory_is_ended_also_when_the_memory_is_its_tools()
    {
        using var script = new ScriptedChild("head -c 350000000 /dev/zero | tail -c 300000000 | sleep 30");
        await using var extractor = Extractors.Create(script.Options(memoryMiB: 128));
        var clock = Stopwatch.StartNew();
        await FailsAsync(extractor, ExtractionProblems.OutOfMemory);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData("exit 3")]
    [InlineData("kill -SEGV $$")]
    [InlineData("printf 'Hello, this is no frame'; sleep 30")]
    [InlineData("printf '\\004\\377\\377\\377\\177'; sleep 30")]
    [InlineData("printf '\\006\\002\\000\\000\\000{}'; sleep 30")]
    [InlineData("printf '\\004\\004\\000\\000\\000null'; sleep 30")]
    public async Task A_child_that_crashes_or_talks_nonsense_fails_that_document(string behaviour)
    {
        using var script = new ScriptedChild(behaviour);
        await using var extractor = Extractors.Create(script.Options());
        await FailsAsync(extractor, ExtractionProblems.Failed);
        await Extractors.UntilAsync(static () => Extractors.Children().Count == 0, "a child that talks nonsense lives on");
    }

    [Theory]
    [InlineData("""{"Extractor":"x","MediaType":"y","Warnings":[],"Paths":[[]],"Blocks":[0,0,9,0,0,0]}""")] // a block that reaches beyond the text
    [InlineData("""{"Extractor":"x y","MediaType":"y","Warnings":[],"Paths":[[]],"Blocks":[0,0,2,0,0,0]}""")]
    [InlineData("""{"Extractor":"x","MediaType":"y\u0000","Warnings":[],"Paths":[[]],"Blocks":[0,0,2,0,0,0]}""")]
    [InlineData("""{"Extractor":"x","MediaType":"y","Title":"t\u0000","Warnings":[],"Paths":[[]],"Blocks":[0,0,2,0,0,0]}""")]
    [InlineData("""{"Extractor":"x","MediaType":"y","Pages":-1,"Warnings":[],"Paths":[[]],"Blocks":[0,0,2,0,0,0]}""")]
    [InlineData("""{"Extractor":"x","MediaType":"y","Pages":1,"Warnings":[],"Paths":[[]],"Blocks":[0,0,2,0,2,0]}""")]
    [InlineData("""{"Extractor":"x","MediaType":"y","Warnings":[null],"Paths":[[]],"Blocks":[0,0,2,0,0,0]}""")]
    [InlineData("""{"Extractor":"x","MediaType":"y","Warnings":["\ud800"],"Paths":[[]],"Blocks":[0,0,2,0,0,0]}""")]
    [InlineData("""{"Extractor":"x","MediaType":"y","Warnings":[],"Paths":[null],"Blocks":[0,0,2,0,0,0]}""")]
    [InlineData("""{"Extractor":"x","MediaType":"y","Warnings":[],"Paths":[[null]],"Blocks":[0,0,2,0,0,0]}""")]
    public async Task A_document_that_breaks_the_contract_is_not_accepted(string structure)
    {
        using var script = new ScriptedChild(ScriptedChild.Says(structure));
        await using var extractor = Extractors.Create(script.Options());
        await FailsAsync(extractor, ExtractionProblems.Failed);
    }

    [Fact]
    public async Task A_document_that_keeps_the_contract_is_accepted()
    {
        using var script = new ScriptedChild(ScriptedChild.Says("""{"Extractor":"x","MediaType":"y","Title":"t","Pages":2,"Warnings":["w"],"Paths":[["h"]],"Blocks":[0,0,2,0,2,0]}"""));
        await using var extractor = Extractors.Create(script.Options());
        var document = await extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None);
        Assert.Equal(("ab", "t", 2), (document.Text, document.Title, document.Pages));
    }

    [Fact]
    public async Task An_original_that_cannot_be_copied_is_no_fault_of_its_document()
    {
        await using var extractor = Extractors.Create();
        var request = new ExtractionRequest("a.txt", null, static _ => Task.FromResult<Stream>(new FailingStream()));
        var problem = await Assert.ThrowsAsync<RagException>(() => extractor.ExtractAsync(request, CancellationToken.None));
        Assert.Equal(("extraction-io", true), (problem.Code, problem.IsTransient));
        Assert.Equal(Rag.Core.Jobs.FailureKind.Dependency, FailureClassifier.Classify(problem, attempt: 1).Kind);
    }

    [Fact]
    public async Task What_a_child_says_on_its_errors_neither_blocks_it_nor_reaches_the_log()
    {
        using var script = new ScriptedChild("head -c 1000000 /dev/zero | tr '\\0' 's' >&2; echo 'secret words' >&2; exit 1");
        var log = new CapturingLogger();
        await using var extractor = Extractors.Create(script.Options(), log);
        await FailsAsync(extractor, ExtractionProblems.Failed);
        const int ChildLost = 3101;
        Assert.Equal(2, log.Lines(ChildLost).Count); // the child that crashed, and the fresh one that confirmed it
        Assert.All(log.Lines(ChildLost), static line => Assert.Contains("Crashed", line, StringComparison.Ordinal));
        Assert.All(log.Lines(ChildLost), static line => Assert.DoesNotContain("secret", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("exit 1")]
    [InlineData("printf 'usage: child'")]
    public async Task A_child_that_does_not_start_is_our_failure(string behaviour)
    {
        using var script = new ScriptedChild(behaviour, isReady: false);
        await using var extractor = Extractors.Create(script.Options());
        var problem = await Assert.ThrowsAsync<RagException>(() => extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None));
        Assert.Equal(("extraction-unavailable", true), (problem.Code, problem.IsTransient));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_our_failure_and_named()
    {
        await using var extractor = Extractors.Create(new ExtractionOptions { Command = "/nowhere/rag-ingest" });
        var problem = await Assert.ThrowsAsync<RagException>(() => extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None));
        Assert.True(problem.IsTransient);
        Assert.Contains("/nowhere/rag-ingest", problem.Message, StringComparison.Ordinal);
    }

    private static async Task FailsAsync(ProcessDocumentExtractor extractor, string code)
    {
        var problem = await Assert.ThrowsAsync<ExtractionException>(() => extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None));
        Assert.Equal(code, problem.Code);
    }

    private static bool IsRunning(string commandLine) =>
        Directory.EnumerateDirectories("/proc").Any(process => Extractors.ReadOrEmpty(Path.Combine(process, "cmdline")) == commandLine);

    /// <summary>A share whose disk fails (EIO).</summary>
    private sealed class FailingStream : MemoryStream
    {
        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            Task.FromException(new IOException("Input/output error", 5));
    }
}
