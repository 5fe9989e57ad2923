using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>The launch profile that applies to a project resource, with its name.</summary>
internal sealed record EffectiveLaunchProfile(string Name, LaunchProfile Profile)
{
    /// <exception cref="DistributedApplicationException">The project has launch settings, but not the profile that was asked for.</exception>
    public static EffectiveLaunchProfile? Select(IProjectMetadata project, string resourceName, ProjectResourceOptions options, IConfiguration configuration)
    {
        if (options.ExcludeLaunchProfile || (project.LaunchSettings ?? LaunchSettings.Read(project.ProjectPath, resourceName)) is not { } settings)
        {
            return null;
        }

        if (options.LaunchProfileName is { Length: > 0 } name)
        {
            return settings.Profiles.TryGetValue(name, out var named)
                ? new(name, named)
                : throw new DistributedApplicationException(
                    $"Launch settings of '{resourceName}' have no profile '{name}'. They have: {string.Join(", ", settings.Profiles.Keys)}.");
        }

        if ((configuration["AppHost:DefaultLaunchProfileName"] ?? configuration["DOTNET_LAUNCH_PROFILE"]) is { Length: > 0 } common
            && settings.Profiles.TryGetValue(common, out var shared))
        {
            return new(common, shared);
        }

        return settings.Profiles
            .Where(profile => profile.Value.CommandName is null or "" || IsRunnable(profile.Value.CommandName))
            .Select(profile => new EffectiveLaunchProfile(profile.Key, profile.Value))
            .FirstOrDefault();
    }

    // Profiles of IIS and the like cannot be started by a program.
    private static bool IsRunnable(string commandName) =>
        commandName.Equals("Project", StringComparison.OrdinalIgnoreCase) || commandName.Equals("Executable", StringComparison.OrdinalIgnoreCase);
}
