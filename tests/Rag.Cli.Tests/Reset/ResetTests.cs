using System.Text.Json;
using Aspire.Hosting.Orchestration.Processes;
using Rag.Cli.Reset;

namespace Rag.Cli.Tests.Reset;

public sealed class ResetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private Checkout Checkout => new(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Data_goes_and_tools_stay_after_a_yes()
    {
        Fill();
        var run = await CliRun.InvokeAsync(["reset"], input: "yes\n", checkout: Checkout);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal([Path.Combine(Checkout.State, "tools")], Directory.GetFileSystemEntries(Checkout.State));
    }

    [Theory]
    [InlineData("n\n")]
    [InlineData(null)]
    public async Task Without_a_yes_nothing_goes(string? answer)
    {
        Fill();
        var run = await CliRun.InvokeAsync(["reset"], input: answer, checkout: Checkout);
        Assert.Equal(1, run.ExitCode);
        Assert.True(File.Exists(Path.Combine(Checkout.State, "data", "postgres", "PG_VERSION")));
        Assert.True(File.Exists(Path.Combine(Checkout.State, "infrastructure.json")));
    }

    [Fact]
    public async Task A_running_host_is_not_pulled_the_floor_from_under()
    {
        Fill();
        Record(ProcessIdentity.Of(Environment.ProcessId)!);
        var run = await CliRun.InvokeAsync(["reset", "--yes"], checkout: Checkout);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"process {Environment.ProcessId}", run.Error, StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(Checkout.State, "data")));
    }

    [Fact]
    public async Task A_host_that_was_killed_long_ago_does_not_count()
    {
        Fill();
        // The number of a living process with the start of another one: numbers are used again.
        Record(ProcessIdentity.Of(Environment.ProcessId)! with { Started = "another boot" });
        Assert.Equal(0, (await CliRun.InvokeAsync(["reset", "--yes"], checkout: Checkout)).ExitCode);
    }

    [Fact]
    public async Task An_empty_installation_has_nothing_to_remove()
    {
        var run = await CliRun.InvokeAsync(["reset"], checkout: Checkout);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("nothing to remove", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_cannot_name_a_folder_of_somebody_else()
    {
        _folder.File(".rag/infrastructure.json", """
            {"kind":"containers","servers":{"a":{"data":"/etc"},"b":{"data":"/var/lib/ragplatform/../../../etc"},"c":{"data":"apphost-postgres-data"},"d":{"data":null}}}
            """);
        var data = StoredData.Find(Checkout);
        Assert.Equal([Path.Combine(Checkout.State, "infrastructure.json")], data.Paths);
        Assert.Equal(["apphost-postgres-data"], data.Volumes);
    }

    private void Fill()
    {
        _folder.File(".rag/data/postgres/PG_VERSION", "15");
        _folder.File(".rag/blobs/x/y", "z");
        _folder.File(".rag/tools/aspire/bin/aspire", "");
        _folder.File(".rag/infrastructure.json", JsonSerializer.Serialize(new
        {
            kind = "native",
            servers = new { postgres = new { data = Path.Combine(Checkout.State, "data", "postgres") } },
        }));
    }

    private void Record(ProcessIdentity process) =>
        _folder.File(".rag/run/1/host.json", JsonSerializer.Serialize(new { Process = process, Name = "host" }));
}
