using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration.Projects;
using Aspire.Hosting.Orchestration.Resources;

namespace Aspire.Hosting.Orchestration.Workloads;

/// <summary>A .NET project: its built assembly, run by the same runtime as this host.</summary>
internal sealed class ProjectWorkload(ProjectResource resource, ProjectProgram program, RunContext context) : IWorkload
{
    public int Replicas => resource.GetReplicaCount();

    public async Task<Launch> PrepareAsync(Instance instance, CancellationToken cancellationToken)
    {
        var project = resource.GetProjectMetadata();
        var assembly = await program.FindOrBuildAsync(instance.Id, project, cancellationToken);
        var variables = await context.VariablesAsync(resource, instance, cancellationToken);
        var arguments = await context.ArgumentsAsync(resource, instance, cancellationToken);
        return ServiceLaunch.Of(instance, ProjectProgram.DotNet(), [assembly, .. arguments], Path.GetDirectoryName(project.ProjectPath)!, variables) with
        {
            Properties =
            [
                new("project.path", project.ProjectPath),
                new("executable.path", ProjectProgram.DotNet()),
                new("executable.workDir", Path.GetDirectoryName(project.ProjectPath)),
                new("executable.args", (IReadOnlyList<string>)[assembly, .. arguments]),
            ],
        };
    }
}
