using System.Runtime.Versioning;
using System.Xml.Linq;
using Rag.Cli.Processes;

namespace Rag.Cli.Tests.Launcher;

/// <summary>The bash launcher, run as a person would: from anywhere, through a link, and on a machine without the SDK.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class LauncherTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly string Root = Checkout.Find(ragHome: null)!.Root;

    [Fact]
    public async Task It_works_from_another_folder_and_hands_arguments_over()
    {
        using var elsewhere = new TemporaryFolder();
        var run = await RunAsync(Path.Combine(Root, "rag"), ["no such command"], elsewhere.Path);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("There is no command 'no such command'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_works_through_links_absolute_and_relative()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "bin"));
        var absolute = Path.Combine(folder.Path, "bin", "rag-absolute");
        File.CreateSymbolicLink(absolute, Path.Combine(Root, "rag"));
        var relative = Path.Combine(folder.Path, "rag-relative");
        File.CreateSymbolicLink(relative, "bin/rag-absolute");

        var run = await RunAsync(relative, ["--version"], folder.Path);
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", run.Output);
    }

    [Theory]
    [InlineData("rag")]
    [InlineData("rag.ps1")]
    public void It_watches_every_source_that_the_command_is_made_of(string launcher)
    {
        var text = File.ReadAllText(Path.Combine(Root, launcher));
        var project = XDocument.Load(Path.Combine(Root, "Rag.Cli", "Rag.Cli.csproj"));
        var linked = project.Descendants("Compile").Select(item => item.Attribute("Include")!.Value["../".Length..]);
        var projects = project.Descendants("ProjectReference").Select(item => item.Attribute("Include")!.Value.Split('/')[1]);
        Assert.All(linked.Concat(projects), source => Assert.Contains(source, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_an_sdk_it_says_how_to_get_one_and_installs_nothing_unasked()
    {
        using var machine = new TemporaryFolder();
        File.Copy(Path.Combine(Root, "rag"), Path.Combine(machine.Path, "rag"));
        var bin = Directory.CreateDirectory(Path.Combine(machine.Path, "bin")).FullName;
        foreach (var tool in (string[])["bash", "dirname", "readlink", "grep", "find", "mkdir", "touch"])
        {
            File.CreateSymbolicLink(Path.Combine(bin, tool), Aspire.Hosting.Orchestration.Processes.ProgramPath.Find(tool)!);
        }

        // An old SDK on PATH is as good as none.
        var old = machine.File("bin/dotnet", "#!/bin/bash\necho '8.0.100 [/old]'\n");
        File.SetUnixFileMode(old, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var run = await RunAsync(Path.Combine(machine.Path, "rag"), ["doctor"], machine.Path, new Dictionary<string, string?>
        {
            ["PATH"] = bin,
            ["HOME"] = machine.Path,
            ["DOTNET_ROOT"] = null,
        });
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("rag needs the .NET 10 SDK", run.Error, StringComparison.Ordinal);
        Assert.Contains("dotnet-install.sh", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(machine.Path, ".dotnet")));
    }

    private static Task<ProgramResult> RunAsync(string launcher, string[] arguments, string folder, Dictionary<string, string?>? environment = null) =>
        ChildProgram.CaptureAsync("/bin/bash", [launcher, .. arguments], folder, Limit, environment ?? new Dictionary<string, string?> { ["RAG_HOME"] = null });
}
