using Rag.Cli.Up;

namespace Rag.Cli.Tests.Up;

public sealed class UpTests
{
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
        Assert.Equal(expected, await InfrastructureChoice.FindAsync(forced: null, checkout, CancellationToken.None));
        Assert.Equal("containers", await InfrastructureChoice.FindAsync("containers", checkout, CancellationToken.None));
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
