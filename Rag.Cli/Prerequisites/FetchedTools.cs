using Aspire.Hosting.Orchestration.Processes;

namespace Rag.Cli.Prerequisites;

/// <summary>Where the tools that <c>rag</c> fetches through npm end up, under <see cref="Checkout.Tools"/>.</summary>
internal static class FetchedTools
{
    /// <summary>The <c>aspire</c> program, or null when it was not fetched.</summary>
    public static string? FindAspire(Checkout checkout) => ProgramPath.Find(Path.Combine(checkout.FetchedAspire, "bin", OperatingSystem.IsWindows() ? "aspire.exe" : "aspire"));
}
