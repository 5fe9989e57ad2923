using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Programs on this machine.</summary>
public static class ExecutableResourceBuilderExtensions
{
    /// <summary>Adds a program; a relative working directory starts at the app host's.</summary>
    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params string[]? args) =>
        builder.AddExecutable(name, command, workingDirectory, (object[]?)args);

    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params object[]? args)
    {
        ArgumentNullException.ThrowIfNull(workingDirectory);
        var directory = Path.GetFullPath(workingDirectory, builder.AppHostDirectory);
        return builder.AddResource(new ExecutableResource(name, command, directory)).WithArgs(args ?? []);
    }
}
