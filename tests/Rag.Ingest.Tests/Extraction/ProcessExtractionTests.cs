using System.Diagnostics;
using Microsoft.Extensions.Options;
using Rag.Core.Extraction;
using Rag.Core.Extraction.ChildProcess;
using Rag.Testing;
using Rag.Testing.Samples;

namespace Rag.Ingest.Tests.Extraction;

/// <summary>The real child: <c>rag-ingest --extract</c>.</summary>
[Collection(nameof(ChildProcesses))]
public sealed class ProcessExtractionTests
{
    [Fact]
    public async Task Every_format_reads_in_the_child_as_it_does_here()
    {
        await using var extractor = Extractors.Create();
        var here = new InProcessDocumentExtractor(Options.Create(new ExtractionOptions()));
        foreach (var request in new[]
        {
            Extractors.Request("Plain “text” 日本 😀\r\n\r\nSecond.", "a.txt"),
            Extractors.Request("# Pumps\n\n- one\n- two", "a.md"),
            Extractors.Request("<html><title>T</title><h1>Pumps</h1><p>Water.", "a.html"),
            Extractors.Request("a,b\n1,2", "a.csv"),
            Extractors.Request(SamplePdf.Create("# Pumps\n\nWater.", "More."), "a.pdf"),
            Extractors.Request(SampleDocx.Create("# Pumps", "Water."), "a.docx"),
        })
        {
            var expected = await here.ExtractAsync(request, CancellationToken.None);
            var actual = await extractor.ExtractAsync(request, CancellationToken.None);
            Assert.Equivalent(expected, actual, strict: true);
        }

        Assert.Single(Extractors.Children()); // one warm child served them all
    }

    [Fact]
    public async Task The_documents_own_faults_arrive_with_their_reasons_and_cost_no_child()
    {
        await using var extractor = Extractors.Create();
        await AssertFailsAsync(ExtractionProblems.Empty, [], "a.txt");
        var child = Assert.Single(Extractors.Children());
        await AssertFailsAsync(ExtractionProblems.Encrypted, SamplePdf.CreateEncrypted(), "a.pdf");
        await AssertFailsAsync(ExtractionProblems.NoText, SamplePdf.CreateImageOnly(), "a.pdf");
        await AssertFailsAsync(ExtractionProblems.Corrupt, SamplePdf.CreateTruncated(), "a.pdf");
        await AssertFailsAsync(ExtractionProblems.TooLarge, SampleDocx.CreateBomb(64), "a.docx");
        // Walked with recursion, each of these would be the end of the process.
        await AssertFailsAsync(ExtractionProblems.TooDeep, SampleDocx.CreateNested(300_000), "a.docx");
        await AssertFailsAsync(ExtractionProblems.TooDeep, System.Text.Encoding.ASCII.GetBytes(new string('[', 300_000)), "a.json");
        Assert.Equal(child, Assert.Single(Extractors.Children()));

        async Task AssertFailsAsync(string code, byte[] content, string name)
        {
            var problem = await Assert.ThrowsAsync<ExtractionException>(() => extractor.ExtractAsync(Extractors.Request(content, name), CancellationToken.None));
            Assert.Equal(code, problem.Code);
        }
    }

    [Fact]
    public async Task Documents_in_work_at_once_have_a_child_each()
    {
        await using var extractor = Extractors.Create();
        var texts = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
            (await extractor.ExtractAsync(Extractors.Request($"Document {i}", "a.txt"), CancellationToken.None)).Text));
        Assert.Equal(Enumerable.Range(0, 12).Select(static i => $"Document {i}"), texts);
        Assert.InRange(Extractors.Children().Count, 1, 12);
        await extractor.DisposeAsync();
        Assert.Empty(Extractors.Children());
    }

    [Fact]
    public async Task A_child_that_was_killed_while_idle_is_replaced()
    {
        await using var extractor = Extractors.Create();
        await extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None);
        using (var child = Process.GetProcessById(Assert.Single(Extractors.Children())))
        {
            child.Kill();
            await child.WaitForExitAsync();
        }

        Assert.Equal("two", (await extractor.ExtractAsync(Extractors.Request("two", "a.txt"), CancellationToken.None)).Text);
    }

    [Fact]
    public async Task A_child_that_was_killed_at_work_takes_its_tools_along_and_the_next_one_reads_the_document()
    {
        await using var extractor = Extractors.Create();
        var pdf = SamplePdf.Create([.. Enumerable.Repeat(string.Join('\n', Enumerable.Repeat("Pumps move water.", 40)), 3000)]);
        var work = extractor.ExtractAsync(Extractors.Request(pdf, "a.pdf"), CancellationToken.None);
        await Extractors.UntilAsync(static () => Extractors.Children().Count == 1, "the child did not start");
        var child = Extractors.Children()[0];
        var directory = Directory.ResolveLinkTarget($"/proc/{child}/cwd", false)!.FullName;
        await Extractors.UntilAsync(() => Tools(directory).Count > 0 || work.IsCompleted, "the child did not begin");
        var tool = Assert.Single(Tools(directory));

        // Stopped, it does not notice by itself that nobody reads what it writes: like one that is busy unpacking and writes nothing.
        await SignalAsync("-STOP", tool);
        await SignalAsync("-KILL", child);
        await Extractors.UntilAsync(() => Tools(directory).Count == 0, "a tool outlived the child");
        Assert.Equal(3000, (await work).Pages);
    }

    [Fact]
    public async Task A_child_that_nobody_needs_ends()
    {
        var time = new ManualTime();
        await using var extractor = Extractors.Create(time: time);
        await extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(Extractors.Children());
        time.Advance(TimeSpan.FromMinutes(2));
        await Extractors.UntilAsync(static () => Extractors.Children().Count == 0, "an idle child lives on");
    }

    [Fact]
    public async Task Signals_to_the_whole_group_leave_the_child_to_its_worker()
    {
        await using var extractor = Extractors.Create();
        await extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None);
        var child = Assert.Single(Extractors.Children());
        foreach (var signal in new[] { "-INT", "-TERM", "-HUP" })
        {
            await SignalAsync(signal, child);
        }

        Assert.Equal("two", (await extractor.ExtractAsync(Extractors.Request("two", "a.txt"), CancellationToken.None)).Text);
        Assert.Equal(child, Assert.Single(Extractors.Children()));
    }

    [Fact]
    public async Task The_child_knows_no_secrets_of_the_worker()
    {
        Environment.SetEnvironmentVariable("ConnectionStrings__ragdb", "Host=x;Password=hunter2");
        try
        {
            await using var extractor = Extractors.Create();
            await extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None);
            var environment = Extractors.ReadOrEmpty($"/proc/{Assert.Single(Extractors.Children())}/environ");
            Assert.Contains("DOTNET_GCHeapHardLimit", environment, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", environment, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ConnectionStrings__ragdb", null);
        }
    }

    [Fact]
    public async Task A_document_that_needs_more_memory_than_allowed_fails_alone()
    {
        await using var extractor = Extractors.Create(new ExtractionOptions { MemoryMiB = 96 });
        var page = "<html>" + string.Concat(Enumerable.Repeat("<p><b>x</b></p>", 1_000_000));
        var problem = await Assert.ThrowsAsync<ExtractionException>(() => extractor.ExtractAsync(Extractors.Request(page, "a.html"), CancellationToken.None));
        Assert.Equal(ExtractionProblems.OutOfMemory, problem.Code);
        Assert.Equal("two", (await extractor.ExtractAsync(Extractors.Request("two", "a.txt"), CancellationToken.None)).Text);
    }

    [Fact]
    public async Task Directories_of_workers_that_were_killed_long_ago_are_removed()
    {
        var old = Directory.CreateTempSubdirectory("rag-extract-");
        var recent = Directory.CreateTempSubdirectory("rag-extract-");
        await File.WriteAllTextAsync(Path.Combine(old.FullName, "original"), "somebody's document");
        old.LastWriteTimeUtc = DateTime.UtcNow.AddDays(-2);
        try
        {
            await using var extractor = Extractors.Create();
            await extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None);
            Assert.False(Directory.Exists(old.FullName));
            Assert.True(Directory.Exists(recent.FullName));
        }
        finally
        {
            recent.Delete();
        }
    }

    [Fact]
    public async Task A_child_whose_worker_is_gone_ends_and_leaves_nothing()
    {
        var directory = Directory.CreateTempSubdirectory("rag-orphan-");
        using var child = StartAlone(directory);
        await ReadyAsync(child);
        await EndsAsync(child);
        Assert.Equal(0, child.ExitCode);
        Assert.False(Directory.Exists(directory.FullName));
    }

    [Fact]
    public async Task A_child_at_work_ends_with_its_worker_too_and_so_do_its_tools()
    {
        var directory = Directory.CreateTempSubdirectory("rag-orphan-");
        var path = Path.Combine(directory.FullName, "original");
        await File.WriteAllBytesAsync(path, SamplePdf.Create([.. Enumerable.Repeat(string.Join('\n', Enumerable.Repeat("Pumps move water.", 40)), 3000)]));
        using var child = StartAlone(directory);
        await ReadyAsync(child);
        await SendAsync(child, kind: 3, $$"""{"Path":"{{path}}","FileName":"a.pdf","MediaType":null}""");
        await Extractors.UntilAsync(() => Tools(path).Count > 0 || child.HasExited, "the child did not begin");
        Assert.False(child.HasExited, "the child ended before its worker");
        await EndsAsync(child);
        await Extractors.UntilAsync(() => Tools(path).Count == 0, "a tool outlived the child");
        Assert.False(Directory.Exists(directory.FullName));
    }

    /// <summary>Ids of the processes that read something under this path.</summary>
    private static List<int> Tools(string path) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(process => Extractors.ReadOrEmpty(Path.Combine(process, "cmdline")) is var command
                && command.Contains("pdftotext", StringComparison.Ordinal) && command.Contains(path, StringComparison.Ordinal))
            .Select(static process => int.Parse(Path.GetFileName(process), System.Globalization.CultureInfo.InvariantCulture)),
    ];

    private static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("/bin/kill", [signal, process.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    private static Process StartAlone(DirectoryInfo directory) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "rag-ingest.dll"), ExtractionChildServer.Switch])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { [ExtractionChildServer.DirectoryVariable] = directory.FullName },
        })!;

    private static async Task ReadyAsync(Process child)
    {
        await SendAsync(child, kind: 1, "{}");
        var ready = new byte[5];
        await child.StandardOutput.BaseStream.ReadExactlyAsync(ready);
        Assert.Equal(2, ready[0]);
    }

    private static async Task SendAsync(Process child, byte kind, string json)
    {
        byte[] frame = [kind, (byte)json.Length, (byte)(json.Length >> 8), 0, 0, .. System.Text.Encoding.ASCII.GetBytes(json)];
        await child.StandardInput.BaseStream.WriteAsync(frame);
        await child.StandardInput.BaseStream.FlushAsync();
    }

    private static async Task EndsAsync(Process child)
    {
        child.StandardInput.Close();
        await Extractors.UntilAsync(() => child.HasExited, "the child did not end with its worker");
        await child.WaitForExitAsync();
    }
}
