using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration.Processes;
using Aspire.Hosting.Orchestration.Resources;

namespace Aspire.Hosting.Orchestration.Workloads;

/// <summary>A program of this machine.</summary>
internal sealed class ExecutableWorkload(ExecutableResource resource, RunContext context) : IWorkload
{
    public int Replicas => resource.GetReplicaCount();

    public async Task<Launch> PrepareAsync(Instance instance, CancellationToken cancellationToken)
    {
        var variables = await context.VariablesAsync(resource, instance, cancellationToken);
        var arguments = await context.ArgumentsAsync(resource, instance, cancellationToken);
        return ServiceLaunch.Of(instance, resource.Command, arguments, resource.WorkingDirectory, variables) with
        {
            Properties =
            [
                new("executable.path", resource.Command),
                new("executable.workDir", resource.WorkingDirectory),
                new("executable.args", arguments),
            ],
        };
    }
}

/// <summary>What projects and executables have in common.</summary>
internal static class ServiceLaunch
{
    public static Launch Of(
        Instance instance, string program, IReadOnlyList<string> arguments, string workingDirectory, IReadOnlyList<ResolvedVariable> variables)
    {
        var environment = ChildEnvironment.ForService();
        if (variables.Any(static variable => variable.Name == "OTEL_EXPORTER_OTLP_ENDPOINT"))
        {
            // Headers and protocols for another collector do not go with the endpoint of this one.
            ChildEnvironment.RemoveTelemetry(environment);
        }

        foreach (var variable in variables)
        {
            environment[variable.Name] = variable.Value;
        }

        var process = new ChildSpecification
        {
            Name = instance.Id,
            FileName = program,
            Arguments = arguments,
            WorkingDirectory = workingDirectory,
            Environment = environment,
        };
        return new Launch(process) { Variables = variables };
    }
}
