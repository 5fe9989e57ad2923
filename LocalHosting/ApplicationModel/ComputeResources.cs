namespace Aspire.Hosting.ApplicationModel;

/// <summary>A .NET project; where it is stands in its <see cref="IProjectMetadata"/> annotation.</summary>
public class ProjectResource(string name)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport;

/// <summary>A program on this machine.</summary>
public class ExecutableResource : Resource, IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
{
    public ExecutableResource(string name, string command, string workingDirectory)
        : base(name)
    {
        ArgumentException.ThrowIfNullOrEmpty(command);
        ArgumentNullException.ThrowIfNull(workingDirectory);
        Annotations.Add(new ExecutableAnnotation(command, workingDirectory));
    }

    public string Command => Annotation.Command;

    public string WorkingDirectory => Annotation.WorkingDirectory;

    private ExecutableAnnotation Annotation => Annotations.OfType<ExecutableAnnotation>().Last();
}

/// <summary>A container; its image stands in its <see cref="ContainerImageAnnotation"/>.</summary>
public class ContainerResource(string name, string? entrypoint = null)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
{
    public string? Entrypoint { get; set; } = entrypoint;
}
