using System.Diagnostics;
using System.Globalization;
using Rag.Cli.Processes;

namespace Rag.Cli.Up;

/// <summary>
/// Builds AppHost and the services it refers to, only when something changed: asking MSBuild whether it has anything to do costs
/// longer than a warm start may take.
/// </summary>
/// <param name="checkout">What to build.</param>
internal sealed class AppHostBuild(Checkout checkout)
{
    private static readonly string[] SharedFiles =
        ["Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", "Aspire.local.props"];

    // Not part of what AppHost starts.
    private static readonly string[] Apart = ["Rag.Cli", "Rag.Deploy", "tests"];

    public string Program => Path.Combine(checkout.Root, "AppHost", "bin", "Debug", "net10.0", "AppHost.dll");

    private string Stamp => Path.Combine(checkout.State, "apphost-build.stamp");

    // What a build was built on. Times cannot tell: the switch back deletes a file, and a file that is not there is older than everything.
    private string Foundation => AspirePackages.IsOn(checkout) ? "aspire" : "localhosting";

    public async Task EnsureAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        if (IsUpToDate())
        {
            return;
        }

        terminal.Line(File.Exists(Program) ? "Building what changed ..." : "Building RagPlatform; the first time takes a minute or two ...");
        var started = Begin();
        var watch = Stopwatch.GetTimestamp();
        string[] arguments =
        [
            "build", checkout.AppHost, "--configuration", "Debug", "-nologo", "-v", "q", "-clp:NoSummary",
            .. IsRestored() ? (string[])["--no-restore"] : [],
        ];
        var build = await ChildProgram.CaptureAsync("dotnet", arguments, checkout.Root, TimeSpan.FromMinutes(30), cancellationToken: cancellationToken);
        if (!build.Succeeded)
        {
            foreach (var line in (build.Output + build.Error).Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct())
            {
                terminal.Line(line.TrimEnd());
            }

            throw new CliException("RagPlatform does not build.", "The compiler's messages are above.");
        }

        Directory.CreateDirectory(checkout.State);
        await File.WriteAllTextAsync(Stamp, Foundation, cancellationToken);
        File.SetLastWriteTimeUtc(Stamp, started);
        terminal.Line(string.Create(CultureInfo.InvariantCulture, $"Built in {Stopwatch.GetElapsedTime(watch).TotalSeconds:0} s."));
    }

    /// <summary>
    /// The time of a build that begins now: as of before it, so that an edit made meanwhile is seen by the next start. The folders that the
    /// build writes to are made first, because their creation moves the time of the folder around them, which would look like such an edit.
    /// </summary>
    internal DateTime Begin()
    {
        foreach (var project in Projects())
        {
            project.CreateSubdirectory("bin");
            project.CreateSubdirectory("obj");
        }

        return DateTime.UtcNow;
    }

    /// <summary>Whether nothing that the build reads is newer than the last build.</summary>
    public bool IsUpToDate()
    {
        if (!IsOfThisFoundation() || !File.Exists(Program))
        {
            return false;
        }

        var built = File.GetLastWriteTimeUtc(Stamp);
        return SharedFiles.All(name => File.GetLastWriteTimeUtc(Path.Combine(checkout.Root, name)) <= built)
            && Projects().All(project => Unchanged(project, built));
    }

    /// <summary>Whether every project's packages are resolved for the project file as it is, so that the build needs no network.</summary>
    internal bool IsRestored()
    {
        if (!IsOfThisFoundation())
        {
            return false;
        }

        var packages = File.GetLastWriteTimeUtc(Path.Combine(checkout.Root, "Directory.Packages.props"));
        var aspire = File.GetLastWriteTimeUtc(Path.Combine(checkout.Root, "Aspire.local.props"));
        return Projects().All(project =>
        {
            var assets = Path.Combine(project.FullName, "obj", "project.assets.json");
            return File.Exists(assets)
                && File.GetLastWriteTimeUtc(assets) is var restored
                && restored >= packages
                && restored >= aspire
                && project.EnumerateFiles("*.csproj").All(file => restored >= file.LastWriteTimeUtc);
        });
    }

    private bool IsOfThisFoundation() => File.Exists(Stamp) && File.ReadAllText(Stamp) == Foundation;

    private IEnumerable<DirectoryInfo> Projects() => new DirectoryInfo(checkout.Root).EnumerateDirectories()
        .Where(directory => !Apart.Contains(directory.Name) && directory.EnumerateFiles("*.csproj").Any());

    // A deleted file changes nothing but its folder's time.
    private static bool Unchanged(DirectoryInfo directory, DateTime built) =>
        directory.LastWriteTimeUtc <= built && directory.EnumerateFileSystemInfos().All(entry => entry switch
        {
            DirectoryInfo { Name: "bin" or "obj" } => true,
            DirectoryInfo inner => Unchanged(inner, built),
            _ => entry.LastWriteTimeUtc <= built,
        });
}
