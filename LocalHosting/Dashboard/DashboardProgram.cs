using System.Runtime.InteropServices;
using Aspire.Hosting.Orchestration.Processes;

namespace Aspire.Hosting.Dashboard;

/// <summary>Finds the <c>aspire</c> command, which contains the dashboard.</summary>
internal static class DashboardProgram
{
    /// <summary>How to get it, in one line.</summary>
    public const string HowToGetIt =
        "No dashboard: the 'aspire' command was not found. './rag up' fetches it; by hand: npm install --prefix .rag/tools/aspire @microsoft/aspire-cli-<platform>, "
        + "or https://aspire.dev. Everything runs without it.";

    /// <summary>The npm package for this machine.</summary>
    public static string Package => $"@microsoft/aspire-cli-{Platform}";

    private static string Platform
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : IsMusl ? "linux-musl" : "linux";
            return $"{system}-{(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64")}";
        }
    }

    private static bool IsMusl => RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal);

    /// <summary>On PATH, or where <c>rag</c> puts it below <paramref name="toolsDirectory"/>; null when there is none.</summary>
    public static string? Find(string toolsDirectory)
    {
        var fetched = Path.Combine(toolsDirectory, "aspire");
        var program = OperatingSystem.IsWindows() ? "aspire.exe" : "aspire";
        return ProgramPath.Find("aspire")
            ?? new[] { Path.Combine(fetched, "node_modules", Package, "bin", program), Path.Combine(fetched, "bin", program), Path.Combine(fetched, program) }
                .Select(path => ProgramPath.Find(path))
                .FirstOrDefault(found => found is not null);
    }
}
