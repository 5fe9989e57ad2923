using System.ComponentModel;
using System.Diagnostics;

namespace Rag.Deploy.Tests.Monitoring;

/// <summary>A test that needs Prometheus' <c>promtool</c>; skipped with the reason where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute() => Skip = Promtool.Refusal;
}

/// <summary>The same for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PromtoolTheoryAttribute : TheoryAttribute
{
    public PromtoolTheoryAttribute() => Skip = Promtool.Refusal;
}

internal static class Promtool
{
    /// <summary>Why it cannot be used here; null when it can.</summary>
    public static string? Refusal { get; } = Find();

    /// <summary>Runs it; what it said, where it found a fault, else null.</summary>
    public static async Task<string?> RunAsync(string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("promtool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? null : output + await error;
    }

    private static string? Find()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("promtool", ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit(TimeSpan.FromSeconds(20));
            return process.HasExited && process.ExitCode == 0 ? null : "'promtool --version' did not answer.";
        }
        catch (Win32Exception)
        {
            return "There is no 'promtool' on PATH: the alerts are not tried here. './rag test' installs it; by hand it is in the package 'prometheus'.";
        }
    }
}
