using System.ComponentModel;
using System.Diagnostics;

namespace Rag.Deploy.Tests;

/// <summary>A test that needs <c>python3</c>, which the engine's image has; skipped with the reason where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonTheoryAttribute : TheoryAttribute
{
    public PythonTheoryAttribute() => Skip = Refusal;

    private static string? Refusal { get; } = Find();

    private static string? Find()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("python3", ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit(TimeSpan.FromSeconds(20));
            return process.HasExited && process.ExitCode == 0 ? null : "'python3 --version' did not answer.";
        }
        catch (Win32Exception)
        {
            return "There is no 'python3' on PATH: what the node asks an engine is not tried here.";
        }
    }
}
