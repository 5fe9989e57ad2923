using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Aspire.Hosting.Orchestration.Processes;

namespace Aspire.Hosting.Dashboard;

/// <summary>Finds the <c>aspire</c> command, which contains the dashboard.</summary>
internal static partial class DashboardProgram
{
    /// <summary>How to get it, in one line.</summary>
    public const string HowToGetIt =
        "No dashboard: no 'aspire' command of version 13 or later was found. './rag up' fetches it; by hand: npm install --prefix .rag/tools/aspire @microsoft/aspire-cli-<platform>, "
        + "or https://aspire.dev. Everything runs without it.";

    /// <summary>The first version whose <c>aspire dashboard run</c> takes the options that are used here.</summary>
    private const int FirstMajor = 13;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

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

    /// <summary>
    /// As <see cref="Find"/>, but not one on PATH that is too old or does not run: a fetched one has the version that is known to work.
    /// </summary>
    public static async Task<string?> FindUsableAsync(string toolsDirectory, CancellationToken cancellationToken) =>
        Find(toolsDirectory) is { } program && (Path.GetFullPath(program).StartsWith(Path.GetFullPath(toolsDirectory), StringComparison.Ordinal) || await IsUsableAsync(program, cancellationToken))
            ? program
            : null;

    /// <summary>Where <c>rag</c> puts it below <paramref name="toolsDirectory"/>, else on PATH; null when there is none.</summary>
    public static string? Find(string toolsDirectory)
    {
        var fetched = Path.Combine(toolsDirectory, "aspire");
        var program = OperatingSystem.IsWindows() ? "aspire.exe" : "aspire";
        return new[] { Path.Combine(fetched, "node_modules", Package, "bin", program), Path.Combine(fetched, "bin", program), Path.Combine(fetched, program) }
            .Select(path => ProgramPath.Find(path))
            .FirstOrDefault(found => found is not null)
            ?? ProgramPath.Find("aspire");
    }

    internal static async Task<bool> IsUsableAsync(string program, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var start = new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
            using var process = Process.Start(start);
            if (process is null)
            {
                return false;
            }

            try
            {
                process.StandardInput.Close();
                // Its errors are read as well: a full pipe would keep it from ending.
                var error = process.StandardError.ReadToEndAsync(limit.Token);
                var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
                await error;
                await process.WaitForExitAsync(limit.Token);
                return process.ExitCode == 0
                    && FirstNumber().Match(output) is { Success: true } major
                    && int.Parse(major.Value, CultureInfo.InvariantCulture) >= FirstMajor;
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    // The output of 'aspire --version': "13.5.4+3f2a1b".
    [GeneratedRegex(@"\d{1,4}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FirstNumber();
}
