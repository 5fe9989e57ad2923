using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration.Projects;
using Aspire.Hosting.Orchestration.Resources;

namespace Aspire.Hosting.Orchestration.Workloads;

/// <summary>A .NET project: its built assembly, run by the same runtime as this host.</summary>
internal sealed class ProjectWorkload(ProjectResource resource, ProjectProgram program, RunContext context) : IWorkload
{
    // A .NET host gives its services 30 s to finish what they are at (the default of HostOptions.ShutdownTimeout); to kill it earlier would
    // take from it what it still counts on.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(35);

    public int Replicas => resource.GetReplicaCount();

    public async Task<Launch> PrepareAsync(Instance instance, CancellationToken cancellationToken)
    {
        var project = resource.GetProjectMetadata();
        var assembly = await program.FindOrBuildAsync(instance.Id, project, cancellationToken);
        var variables = await context.VariablesAsync(resource, instance, cancellationToken);
        var arguments = await context.ArgumentsAsync(resource, instance, cancellationToken);
        var launch = ServiceLaunch.Of(instance, ProjectProgram.DotNet(), [assembly, .. arguments], Path.GetDirectoryName(project.ProjectPath)!, variables);
        return launch with
        {
            Process = launch.Process with { StopTimeout = StopTimeout },
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
