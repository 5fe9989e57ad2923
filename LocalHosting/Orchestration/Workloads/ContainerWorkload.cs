using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Containers;
using Aspire.Hosting.Orchestration.Infrastructure;
using Aspire.Hosting.Orchestration.Processes;
using Aspire.Hosting.Orchestration.Resources;

namespace Aspire.Hosting.Orchestration.Workloads;

/// <summary>
/// A container through the command line of docker or podman, whose client stays in the foreground: its lines are the container's, its end
/// is the container's, and a signal to it reaches the container.
/// </summary>
internal sealed class ContainerWorkload(ContainerResource resource, ContainerRuntime? runtime, string applicationId, RunContext context) : IWorkload
{
    private const string ApplicationLabel = "ragplatform.application";
    private const string RunLabel = "ragplatform.run";

    // A first start pulls the image.
    private static readonly TimeSpan PullPatience = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    public int Replicas => 1;

    private string ContainerName => $"{resource.Name}-{applicationId}";

    private string EnvironmentFile => Path.Combine(context.State.Path, $"{ContainerName}.env");

    private bool IsPersistent => resource.TryGetLastAnnotation<ContainerLifetimeAnnotation>(out var annotation) && annotation.Lifetime == ContainerLifetime.Persistent;

    public async Task<Launch> PrepareAsync(Instance instance, CancellationToken cancellationToken)
    {
        if (runtime is null)
        {
            throw new InvalidOperationException(
                $"'{resource.Name}' needs a container runtime, and neither docker nor podman answers. Start one, or leave this resource out.");
        }

        if (resource.TryGetLastAnnotation<DockerfileBuildAnnotation>(out var build))
        {
            throw new InvalidOperationException(
                $"'{resource.Name}' is built from '{build.DockerfilePath}', which LocalHosting only writes into the manifest. Build the image by hand "
                + $"('{runtime.Name} build --tag {resource.Name} {build.ContextPath}') and refer to it with AddContainer, or start with './rag up --aspire'.");
        }

        var image = resource.TryGetContainerImageName(out var name) ? name : throw new InvalidOperationException($"'{resource.Name}' has no image.");
        var variables = await context.VariablesAsync(resource, instance, cancellationToken);
        var container = new ContainerSpecification
        {
            Name = ContainerName,
            Image = image,
            Entrypoint = resource.Entrypoint,
            Arguments = await context.ArgumentsAsync(resource, instance, cancellationToken),
            Environment = variables.ToDictionary(variable => variable.Name, variable => variable.Value),
            Ports = [.. Ports()],
            Mounts = [.. resource.Annotations.OfType<ContainerMountAnnotation>().Select(Mount)],
            Labels = new Dictionary<string, string> { [ApplicationLabel] = applicationId, [RunLabel] = context.Records.RunId },
            NeedsHostName = runtime.Name == "docker",
            Persistent = IsPersistent,
        };
        await SecretFile.WriteAsync(EnvironmentFile, ContainerArguments.EnvironmentFile(container.Environment), cancellationToken, forServer: false);
        var arguments = IsPersistent ? await StartPersistentAsync(runtime, container, cancellationToken) : await FreshAsync(runtime, container, cancellationToken);
        RecordVolume(container);
        return new Launch(new ChildSpecification
        {
            Name = instance.Id,
            FileName = runtime.Program,
            Arguments = arguments,
            WorkingDirectory = context.State.Path,
            // The client needs the user's own settings (DOCKER_HOST, its configuration); the container sees none of them.
            Environment = ChildEnvironment.ForService(),
            // The runtime knows the signal that the image wants, and kills in time; ours would only end the follower of a persistent one's log.
            StopCommand = IsPersistent ? null : [runtime.Program, .. ContainerArguments.Stop(ContainerName, StopPatience)],
            StopTimeout = 2 * StopPatience,
            StopOrder = 1,
        })
        {
            Variables = variables,
            Properties = [new("container.image", image), new("container.name", ContainerName), new("container.lifetime", IsPersistent ? "Persistent" : "Session")],
        };
    }

    public async Task CleanAsync()
    {
        File.Delete(EnvironmentFile);
        if (runtime is not null && !IsPersistent)
        {
            await RemoveAsync(runtime, CancellationToken.None);
        }
    }

    // What a killed run left under this name is in the way; it carries our application's label, or the name would be another.
    private async Task<IReadOnlyList<string>> FreshAsync(ContainerRuntime containers, ContainerSpecification container, CancellationToken cancellationToken)
    {
        await RemoveAsync(containers, cancellationToken);
        return ContainerArguments.Run(container, EnvironmentFile);
    }

    // Killed first: podman's forced removal is patient. Both fail when there is no such container, which is what is wanted.
    private async Task RemoveAsync(ContainerRuntime containers, CancellationToken cancellationToken)
    {
        await containers.TryAsync(ContainerArguments.Kill(ContainerName), cancellationToken);
        await containers.TryAsync(ContainerArguments.Remove(ContainerName), cancellationToken, patience: TimeSpan.FromSeconds(30));
    }

    private async Task<IReadOnlyList<string>> StartPersistentAsync(ContainerRuntime containers, ContainerSpecification container, CancellationToken cancellationToken)
    {
        var (_, known, _) = await containers.TryAsync(ContainerArguments.List(ApplicationLabel, applicationId), cancellationToken);
        var exists = known.Split('\n', StringSplitOptions.TrimEntries).Contains(ContainerName, StringComparer.Ordinal);
        var command = exists ? ["start", ContainerName] : ContainerArguments.Run(container, EnvironmentFile);
        var (exitCode, _, error) = await containers.TryAsync(command, cancellationToken, PullPatience);
        return exitCode == 0
            ? ContainerArguments.Follow(ContainerName)
            : throw new InvalidOperationException($"'{runtime?.Name} {command[0]}' failed for '{resource.Name}': {error.Trim()}");
    }

    private IEnumerable<ContainerPort> Ports() => resource.Annotations.OfType<EndpointAnnotation>()
        .Where(endpoint => endpoint.AllocatedEndpoint is not null)
        .Select(endpoint => new ContainerPort(endpoint.AllocatedEndpoint!.Port, endpoint.TargetPort ?? endpoint.AllocatedEndpoint.Port));

    private static ContainerMount Mount(ContainerMountAnnotation mount) =>
        new(mount.Type == ContainerMountType.Volume, mount.Source, mount.Target, mount.IsReadOnly);

    private void RecordVolume(ContainerSpecification container)
    {
        if (container.Mounts.FirstOrDefault(mount => mount.IsVolume && mount.Source is not null) is { } volume && !context.Record.Servers.ContainsKey(resource.Name))
        {
            var tag = resource.TryGetLastAnnotation<ContainerImageAnnotation>(out var annotation) ? annotation.Tag ?? "" : "";
            context.Keep(resource.Name, new ServerRecord(volume.Source, int.TryParse(tag.Split('.', '-')[0], out var major) ? major : null));
        }
    }
}
