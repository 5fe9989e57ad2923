using System.Diagnostics;
using Aspire.Hosting.Orchestration.Infrastructure;
using Rag.Cli.Up;

namespace Rag.Cli.Tests.Up;

public sealed class UpTests
{
    // So that the machine's own is not asked.
    private const string NoRuntime = "/nowhere/docker";

    private static readonly UpOptions Plain = new(Infrastructure: null, Dashboard: true, Sample: false, Yes: false, Aspire: null);

    [Fact]
    public void A_build_is_asked_for_again_when_a_source_or_a_shared_setting_is_newer()
    {
        using var folder = new TemporaryFolder();
        var build = Built(folder);
        Assert.True(build.IsUpToDate());

        Touch(folder.File("Rag.Api/New.cs", ""));
        Assert.False(build.IsUpToDate());
    }

    [Fact]
    public void A_deleted_source_is_noticed()
    {
        using var folder = new TemporaryFolder();
        var build = Built(folder);
        File.Delete(Path.Combine(folder.Path, "Rag.Api", "Program.cs"));
        Directory.SetLastWriteTimeUtc(Path.Combine(folder.Path, "Rag.Api"), DateTime.UtcNow.AddMinutes(1));
        Assert.False(build.IsUpToDate());
    }

    [Fact]
    public void The_first_build_of_a_clone_does_not_look_like_an_edit()
    {
        using var folder = new TemporaryFolder();
        folder.File("Rag.Api/Rag.Api.csproj", "");
        var project = Path.Combine(folder.Path, "Rag.Api");

        var started = new AppHostBuild(new Checkout(folder.Path)).Begin();

        // What MSBuild writes goes into these two, so that the project's own folder keeps its time.
        Assert.True(Directory.Exists(Path.Combine(project, "bin")));
        Assert.True(Directory.Exists(Path.Combine(project, "obj")));
        Assert.True(Directory.GetLastWriteTimeUtc(project) <= started);
    }

    [Fact]
    public void The_way_back_from_Aspire_asks_for_a_build_and_a_restore_although_no_file_is_newer()
    {
        using var folder = new TemporaryFolder();
        var build = Built(folder, builtOn: "aspire");
        foreach (var project in (string[])["AppHost", "Rag.Api"])
        {
            Touch(folder.File($"{project}/obj/project.assets.json", ""));
        }

        File.SetLastWriteTimeUtc(Path.Combine(folder.Path, ".rag", "apphost-build.stamp"), DateTime.UtcNow.AddMinutes(1));
        Assert.False(build.IsUpToDate());
        Assert.False(build.IsRestored());

        folder.File(".rag/apphost-build.stamp", "localhosting");
        File.SetLastWriteTimeUtc(Path.Combine(folder.Path, ".rag", "apphost-build.stamp"), DateTime.UtcNow.AddMinutes(1));
        Assert.True(build.IsUpToDate());
        Assert.True(build.IsRestored());
    }

    [Theory]
    [InlineData("Directory.Packages.props")]
    [InlineData("Aspire.local.props")]
    public void A_shared_setting_is_noticed(string name)
    {
        using var folder = new TemporaryFolder();
        var build = Built(folder);
        Touch(folder.File(name, ""));
        Assert.False(build.IsUpToDate());
    }

    [Theory]
    [InlineData("Rag.Api/obj/project.assets.json")]
    [InlineData("Rag.Cli/Program.cs")]
    [InlineData("tests/Some.Tests/SomeTests.cs")]
    [InlineData("README.md")]
    public void What_the_services_are_not_made_of_is_not(string name)
    {
        using var folder = new TemporaryFolder();
        folder.File("Rag.Cli/Rag.Cli.csproj", "");
        folder.File("tests/Some.Tests/Some.Tests.csproj", "");
        var build = Built(folder);
        File.SetLastWriteTimeUtc(folder.File(name, ""), DateTime.UtcNow.AddMinutes(1));
        Assert.True(build.IsUpToDate());
    }

    [Fact]
    public void AppHost_is_started_directly_and_told_what_was_asked_for()
    {
        var checkout = new Checkout("/srv/tree");
        var build = new AppHostBuild(checkout);
        Assert.Equal([build.Program], UpCommand.CommandLine(checkout, build, Plain));
        Assert.Equal(
            [build.Program, "--Infrastructure", "native", "--Dashboard", "false"],
            UpCommand.CommandLine(checkout, build, Plain with { Infrastructure = "native", Dashboard = false }));
    }

    [Theory]
    [InlineData("""{"kind":"native"}""", "native")]
    [InlineData("""{"kind":"containers"}""", "containers")]
    [InlineData("{", "native")]
    public async Task What_an_earlier_start_chose_is_kept_to(string record, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.File(".rag/infrastructure.json", record);
        var checkout = new Checkout(folder.Path);
        Assert.Equal(expected, (await InfrastructureForecast.FindAsync(forced: null, NoRuntime, checkout.State, CancellationToken.None)).Kind);
        Assert.Equal("containers", (await InfrastructureForecast.FindAsync("containers", NoRuntime, checkout.State, CancellationToken.None)).Kind);
    }

    [Fact]
    public async Task A_first_start_whose_servers_never_came_up_has_chosen_nothing()
    {
        using var folder = new TemporaryFolder();
        folder.File(".rag/infrastructure.json", """{"kind":"containers","ready":false}""");
        Assert.Equal("native", (await InfrastructureForecast.FindAsync(forced: null, NoRuntime, new Checkout(folder.Path).State, CancellationToken.None)).Kind);
    }

    [Fact]
    public void On_Aspires_packages_native_servers_are_refused_and_nothing_is_fetched_for_them()
    {
        Assert.Same(Plain, UpCommand.ForFoundation(Plain, aspire: false));
        var refused = Assert.Throws<CliException>(() => UpCommand.ForFoundation(Plain with { Infrastructure = "native" }, aspire: true));
        Assert.Contains("--no-aspire", refused.Remedy, StringComparison.Ordinal);
        Assert.Equal(Plain with { Infrastructure = "containers", Dashboard = false }, UpCommand.ForFoundation(Plain, aspire: true));
    }

    [Fact]
    public async Task An_AppHost_that_has_to_be_killed_is_no_clean_end()
    {
        var start = new ProcessStartInfo("sh", ["-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        Assert.Equal("deaf", await process.StandardOutput.ReadLineAsync());
        using var stop = new CancellationTokenSource();
        var waiting = AppHostProcess.WaitAsync(process, TimeSpan.FromMilliseconds(300), stop.Token);
        await stop.CancelAsync();

        var failure = await Assert.ThrowsAsync<CliException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.NotEqual(0, failure.ExitCode);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData("--infrastructure", "clouds")]
    [InlineData("--aspire", "--no-aspire")]
    public async Task Contradictions_are_refused(params string[] options)
    {
        var run = await CliRun.InvokeAsync(["up", .. options]);
        Assert.Equal(2, run.ExitCode);
    }

    private static AppHostBuild Built(TemporaryFolder folder, string builtOn = "localhosting")
    {
        folder.File("AppHost/bin/Debug/net10.0/AppHost.dll", "");
        folder.File("AppHost/AppHost.csproj", "");
        folder.File("Rag.Api/Rag.Api.csproj", "");
        folder.File("Rag.Api/Program.cs", "");
        folder.File("Rag.Api/obj/x", "");
        folder.File(".rag/apphost-build.stamp", builtOn);
        return new AppHostBuild(new Checkout(folder.Path));
    }

    /// <summary>File times are coarse on some systems; a minute is not.</summary>
    private static void Touch(string path) => File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1));
}
