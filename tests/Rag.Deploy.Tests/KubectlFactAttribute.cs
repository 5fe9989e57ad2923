using System.ComponentModel;
using System.Diagnostics;

namespace Rag.Deploy.Tests;

/// <summary>A test that needs <c>kubectl</c>; skipped with the reason where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KubectlFactAttribute : FactAttribute
{
    public KubectlFactAttribute() => Skip = Kubectl.Refusal;
}

/// <summary>The same for a theory.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KubectlTheoryAttribute : TheoryAttribute
{
    public KubectlTheoryAttribute() => Skip = Kubectl.Refusal;
}

internal static class Kubectl
{
    /// <summary>Why it cannot be used here; null when it can.</summary>
    public static string? Refusal { get; } = Find();

    private static string? Find()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("kubectl", ["version", "--client"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.WaitForExit(TimeSpan.FromSeconds(20));
            return process.HasExited && process.ExitCode == 0 ? null : "'kubectl version --client' did not answer.";
        }
        catch (Win32Exception)
        {
            return "There is no 'kubectl' on PATH: what kustomize makes of the tree is not seen here. Any version from 1.27 on will do.";
        }
    }
}
