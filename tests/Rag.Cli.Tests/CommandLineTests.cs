using System.Text.Json;

namespace Rag.Cli.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public async Task A_question_can_be_left_with_Ctrl_C()
    {
        await using var output = new StringWriter();
        using var input = new SilentReader();
        using var stop = new CancellationTokenSource();
        var asking = Terminal.Plain(output, output, input).ConfirmAsync("Go on?", yes: false, stop.Token);
        await input.Asked.WaitAsync(TimeSpan.FromSeconds(20));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Without_arguments_the_commands_are_listed()
    {
        var run = await CliRun.InvokeAsync([]);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("test", run.Output, StringComparison.Ordinal);
        Assert.Contains("doctor", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_command_is_named_and_the_known_ones_are_listed()
    {
        var run = await CliRun.InvokeAsync(["tset"]);
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("rag: There is no command 'tset'.", run.Error, StringComparison.Ordinal);
        Assert.Contains("ingest, ask, search", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task An_unknown_option_is_named_and_nothing_runs()
    {
        var run = await CliRun.InvokeAsync(["doctor", "--jsn"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("'--jsn'", run.Error, StringComparison.Ordinal);
        Assert.Contains("./rag doctor --help", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("601")]
    public async Task A_time_limit_out_of_range_is_refused(string minutes)
    {
        var run = await CliRun.InvokeAsync(["test", "--timeout", minutes]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("1 to 600", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_for_the_repository_says_so_outside_of_one()
    {
        var run = await CliRun.InvokeAsync(["test"]);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("./rag", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_test_project_is_answered_with_those_there_are()
    {
        using var folder = new TemporaryFolder();
        folder.File("tests/One.Tests/One.Tests.csproj", "");
        var run = await CliRun.InvokeAsync(["test", "Two.Tests"], checkout: new Checkout(folder.Path));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("Two.Tests", run.Error, StringComparison.Ordinal);
        Assert.Contains("There are: One.Tests.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_prints_one_line_per_prerequisite_with_its_version()
    {
        var run = await CliRun.InvokeAsync(["doctor"]);
        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Matches(@"^(ok|without|MISSING) +\S", line));
        Assert.Contains(lines, line => line.StartsWith("ok", StringComparison.Ordinal) && line.Contains(".NET SDK", StringComparison.Ordinal) && line.Contains("10.", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("PostgreSQL", StringComparison.Ordinal));
        // Whatever is not there comes with a way to get it.
        Assert.All(lines.Where(line => line.StartsWith("MISSING", StringComparison.Ordinal)), line => Assert.Contains(". ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Doctor_as_json_names_state_and_remedy()
    {
        var run = await CliRun.InvokeAsync(["doctor", "--json"]);
        using var json = JsonDocument.Parse(run.Output);
        var sdk = json.RootElement.EnumerateArray().Single(one => one.GetProperty("name").GetString() == ".NET SDK");
        Assert.Equal("Found", sdk.GetProperty("state").GetString(), ignoreCase: true);
    }

    [Theory]
    [InlineData(null, "Optional")]
    [InlineData("""{"provider":"embedded","ready":true}""", "Optional")]
    [InlineData("""{"provider":"qdrant","ready":true}""", "Missing")]
    [InlineData("""{"provider":"qdrant","ready":true,"elsewhere":true}""", "Optional")]
    public async Task Doctor_misses_a_qdrant_only_where_the_index_is_in_one_that_runs_here(string? recorded, string expected)
    {
        using var folder = new TemporaryFolder();
        if (recorded is not null)
        {
            folder.File(".rag/infrastructure.json", """{"kind":"native"}""");
            folder.File(".rag/index.json", recorded);
        }

        var run = await CliRun.InvokeAsync(["doctor", "--json"], checkout: new Checkout(folder.Path));
        using var json = JsonDocument.Parse(run.Output);
        var qdrant = json.RootElement.EnumerateArray().Single(static one => one.GetProperty("name").GetString() == "Qdrant");
        // Where there is one it is found in any case.
        Assert.Contains(qdrant.GetProperty("state").GetString(), (string[])[expected, "Found"], StringComparer.OrdinalIgnoreCase);
        Assert.True(qdrant.GetProperty("state").ValueEquals("found") || qdrant.GetProperty("remedy").GetString()!.Contains("Not needed with the embedded index", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("y\n", true)]
    [InlineData("Yes\n", true)]
    [InlineData("\n", false)]
    [InlineData("n\n", false)]
    [InlineData(null, false)]
    public async Task Only_a_yes_is_a_yes(string? typed, bool expected)
    {
        await using var output = new StringWriter();
        using var reader = typed is null ? null : new StringReader(typed);
        var terminal = Terminal.Plain(output, TextWriter.Null, reader);
        Assert.Equal(expected, await terminal.ConfirmAsync("Remove everything?", yes: false, CancellationToken.None));
        Assert.True(await terminal.ConfirmAsync("Remove everything?", yes: true, CancellationToken.None));
    }

    /// <summary>A console at which nobody types: it blocks, as the real one does, whatever token it is given.</summary>
    private sealed class SilentReader : TextReader
    {
        private readonly TaskCompletionSource _asked = new();
        private readonly ManualResetEventSlim _closed = new();

        public Task Asked => _asked.Task;

        public override string? ReadLine()
        {
            _asked.TrySetResult();
            _closed.Wait();
            return null;
        }

        protected override void Dispose(bool disposing)
        {
            _closed.Set();
            base.Dispose(disposing);
        }
    }
}
