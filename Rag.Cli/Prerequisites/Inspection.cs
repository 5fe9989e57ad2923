using System.Text.RegularExpressions;
using Aspire.Hosting.Orchestration.Containers;
using Aspire.Hosting.Orchestration.Processes;
using Rag.Cli.Processes;

namespace Rag.Cli.Prerequisites;

/// <summary>Looks at this machine: which programs are there, in which version.</summary>
internal static partial class Inspection
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Looks for one program and asks it for its version.</summary>
    /// <param name="prerequisite">The program.</param>
    /// <param name="checkout">Where fetched tools are looked for.</param>
    /// <param name="absent">What its absence means here.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    public static async Task<Finding> LookAsync(
        Prerequisite prerequisite, Checkout? checkout, FindingState absent, CancellationToken cancellationToken)
    {
        if (prerequisite.Find(checkout) is not { } path)
        {
            return new Finding(prerequisite.Name, absent, $"not found (for {prerequisite.Purpose})", prerequisite.Remedy);
        }

        var result = await ChildProgram.CaptureAsync(path, [prerequisite.VersionArgument], Path.GetTempPath(), Patience, cancellationToken: cancellationToken);
        // pdftotext answers -v on standard error, some versions of it with a non-zero exit code.
        var version = VersionNumber().Match(result.Output + result.Error);
        return version.Success
            ? new Finding(prerequisite.Name, FindingState.Found, $"{version.Value} ({path})")
            : new Finding(prerequisite.Name, absent, $"{path} is there but does not run", $"Try '{path} {prerequisite.VersionArgument}'.");
    }

    /// <summary>The SDK that <c>global.json</c> of the checkout selects.</summary>
    public static async Task<Finding> LookForSdkAsync(Checkout? checkout, CancellationToken cancellationToken)
    {
        const string name = ".NET SDK";
        const string remedy = "Install the .NET 10 SDK: https://dot.net/download";
        if (ProgramPath.Find("dotnet") is not { } path)
        {
            return new Finding(name, FindingState.Missing, "dotnet is not on PATH", remedy);
        }

        var result = await ChildProgram.CaptureAsync(path, ["--version"], checkout?.Root ?? Path.GetTempPath(), Patience, cancellationToken: cancellationToken);
        return result.Succeeded
            ? new Finding(name, FindingState.Found, $"{result.Output.Trim()} ({path})")
            : new Finding(name, FindingState.Missing, $"{path} has no SDK that global.json accepts", remedy);
    }

    /// <summary>A container runtime that answers; its client alone is not enough.</summary>
    public static async Task<Finding> LookForContainersAsync(CancellationToken cancellationToken)
    {
        const string name = "Containers";
        const string remedy = "Not needed. Install Docker or Podman to run PostgreSQL, Redis and Qdrant as containers.";
        // The question that AppHost asks, so that both get the same answer.
        if (await ContainerRuntime.FindAsync(wanted: null, cancellationToken) is { } runtime)
        {
            var version = VersionNumber().Match((await runtime.TryAsync(["--version"], cancellationToken)).Output);
            return new Finding(name, FindingState.Found, version.Success ? $"{runtime.Name} {version.Value}" : runtime.Name);
        }

        var silent = ((string[])["docker", "podman"]).Where(program => ProgramPath.Find(program) is not null).ToList();
        return silent.Count == 0
            ? new Finding(name, FindingState.Optional, "no docker or podman on PATH", remedy)
            : new Finding(name, FindingState.Optional, $"{string.Join(" and ", silent)} found, but no server answers", remedy);
    }

    [GeneratedRegex(@"\d+(\.\d+)+[-\w.]*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionNumber();
}
