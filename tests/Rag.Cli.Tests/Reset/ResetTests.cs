using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using Aspire.Hosting.Orchestration.Processes;
using Rag.Cli.Reset;

namespace Rag.Cli.Tests.Reset;

[UnsupportedOSPlatform("windows")]
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
        Assert.Equal([Path.Combine(Checkout.State, "host.lock"), Path.Combine(Checkout.State, "tools")], Directory.GetFileSystemEntries(Checkout.State).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Volumes_that_cannot_be_removed_are_not_forgotten()
    {
        Fill();
        var runtime = _folder.File("podman", $"#!/bin/sh\necho \"$@\" >> '{_folder.Path}/calls'; [ -e '{_folder.Path}/mended' ] || {{ echo 'volume is in use' >&2; exit 1; }}\n");
        File.SetUnixFileMode(runtime, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _folder.File(".rag/infrastructure.json", JsonSerializer.Serialize(new { kind = "containers", runtime, servers = new { postgres = new { data = "the-volume" } } }));

        var failed = await CliRun.InvokeAsync(["reset", "--yes"], checkout: Checkout);
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("volume is in use", failed.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Checkout.State, "infrastructure.json")));
        Assert.True(Directory.Exists(Path.Combine(Checkout.State, "blobs")));

        _folder.File("mended", "");
        Assert.Equal(0, (await CliRun.InvokeAsync(["reset", "--yes"], checkout: Checkout)).ExitCode);
        Assert.False(File.Exists(Path.Combine(Checkout.State, "infrastructure.json")));
        Assert.All(await File.ReadAllLinesAsync(Path.Combine(_folder.Path, "calls")), call => Assert.Equal("volume rm --force the-volume", call));
    }

    [Fact]
    public async Task A_server_that_outlived_its_killed_host_is_ended_before_its_data_goes()
    {
        Fill();
        using var server = Process.Start("sleep", "300");
        Record(ProcessIdentity.Of(Environment.ProcessId)! with { Started = "another boot" });
        _folder.File($".rag/run/1/{server.Id}.json", JsonSerializer.Serialize(new ChildRecord(ProcessIdentity.Of(server.Id)!, "postgres", StopSignal.Terminate, 1, Group: false)));

        var run = await CliRun.InvokeAsync(["reset", "--yes"], checkout: Checkout);

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.True(server.WaitForExit(5000));
        Assert.Contains("'postgres'", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_is_just_starting_is_noticed_by_its_lock()
    {
        Fill();
        using var host = HostLock.TryTake(Checkout.State);
        var run = await CliRun.InvokeAsync(["reset", "--yes"], checkout: Checkout);
        Assert.Equal(1, run.ExitCode);
        Assert.True(Directory.Exists(Path.Combine(Checkout.State, "data")));
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
        _folder.File(".rag/index.json", """{"provider":"qdrant","ready":true}""");
        _folder.File(".rag/infrastructure.json", JsonSerializer.Serialize(new
        {
            kind = "native",
            servers = new { postgres = new { data = Path.Combine(Checkout.State, "data", "postgres") } },
        }));
    }

    private void Record(ProcessIdentity process) =>
        _folder.File(".rag/run/1/host.json", JsonSerializer.Serialize(new { Process = process, Name = "host" }));
}
