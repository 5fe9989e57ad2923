using System.Diagnostics;
using System.Globalization;
using Rag.Core.Extraction;

namespace Rag.Ingest.Tests.Extraction;

/// <summary>What the kernel is told about a child before it reads a stranger's file.</summary>
[Collection(nameof(ChildProcesses))]
public sealed class ChildLimitTests
{
    private const int NotIsolated = 3102;

    // "ab", said only by a child whose limits are as they should be.
    private static readonly string Answers = ScriptedChild.Says("""{"Extractor":"x","MediaType":"y","Title":null,"Pages":null,"Warnings":[],"Paths":[[]],"Blocks":[0,0,2,0,0,0]}""");

    [Theory]
    [InlineData("ulimit -n", 130)]
    [InlineData("ulimit -d", (200 + 256) * 1024)]
    [InlineData("ulimit -f", 2 * 1024 * 1024 / 512)]
    [InlineData("ulimit -c", 0)]
    public async Task The_kernel_holds_the_child_to_what_is_configured(string what, int expected)
    {
        using var script = new ScriptedChild($"[ \"$({what})\" = {expected.ToString(CultureInfo.InvariantCulture)} ] || exit 1; {Answers}");
        await using var extractor = Extractors.Create(new ExtractionOptions { Command = script.Path, MemoryMiB = 200, MaxOpenFiles = 130, MaxWrittenMiB = 2 });
        Assert.Equal("ab", (await extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None)).Text);
    }

    [Fact]
    public async Task A_child_that_writes_a_large_file_gets_an_error_and_no_signal()
    {
        using var script = new ScriptedChild($"head -c 3000000 /dev/zero > large && exit 1; [ $(wc -c < large) -le 1048576 ] || exit 1; {Answers}");
        await using var extractor = Extractors.Create(new ExtractionOptions { Command = script.Path, MaxWrittenMiB = 1 });
        Assert.Equal("ab", (await extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None)).Text);
    }

    [Fact]
    public async Task A_child_cannot_look_into_the_worker()
    {
        // In a user namespace, that is: where there is none, what runs as root sees everything.
        if (!await WorksAsync("unshare --user --net -- true"))
        {
            return;
        }

        using var script = new ScriptedChild($"cat /proc/$PPID/environ > seen 2>/dev/null && exit 1; {Answers}");
        await using var extractor = Extractors.Create(new ExtractionOptions { Command = script.Path });
        Assert.Equal("ab", (await extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None)).Text);
    }

    [Fact]
    public async Task A_limit_beyond_what_the_system_allows_stops_nobody()
    {
        await using var extractor = Extractors.Create(new ExtractionOptions { MaxOpenFiles = 65_536 });
        Assert.Equal("one", (await extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None)).Text);
    }

    [Fact]
    public async Task The_real_child_has_no_network_or_the_log_says_once_that_it_has()
    {
        var canBeIsolated = await WorksAsync("unshare --user --net -- true") || await WorksAsync("unshare --net -- true");
        var log = new CapturingLogger();
        await using var extractor = Extractors.Create(logger: log);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => extractor.ExtractAsync(Extractors.Request("one", "a.txt"), CancellationToken.None)));
        foreach (var child in Extractors.Children())
        {
            // Two lines of headings, then one for each interface.
            var interfaces = Extractors.ReadOrEmpty($"/proc/{child}/net/dev").Split('\n', StringSplitOptions.RemoveEmptyEntries)[2..];
            var here = Extractors.ReadOrEmpty("/proc/self/net/dev");
            if (canBeIsolated)
            {
                Assert.Empty(log.Lines(NotIsolated));
                Assert.StartsWith("lo:", Assert.Single(interfaces).Trim(), StringComparison.Ordinal);
                Assert.NotEqual(Directory.ResolveLinkTarget("/proc/self/ns/net", false)!.Name, Directory.ResolveLinkTarget($"/proc/{child}/ns/net", false)!.Name);
            }
            else
            {
                Assert.Contains("unshare", Assert.Single(log.Lines(NotIsolated)), StringComparison.Ordinal);
            }

            Assert.NotEmpty(here);
        }
    }

    private static async Task<bool> WorksAsync(string command)
    {
        using var trial = Process.Start("/bin/sh", ["-c", command + " 2>/dev/null"]);
        await trial.WaitForExitAsync();
        return trial.ExitCode == 0;
    }
}
