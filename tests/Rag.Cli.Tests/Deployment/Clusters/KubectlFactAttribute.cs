using Aspire.Hosting.Orchestration.Processes;

namespace Rag.Cli.Tests.Deployment.Clusters;

/// <summary>A test that needs the real <c>kubectl</c>; skipped with the reason where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KubectlFactAttribute : FactAttribute
{
    public KubectlFactAttribute() => Skip = ProgramPath.Find("kubectl") is null ? "There is no 'kubectl' on PATH: what kustomize makes of a bundle is not seen here." : null;
}
