using System.Reflection;

namespace Aspire.Hosting;

/// <summary>Where the build put the programs of the projects that an app host references; <c>build/LocalHosting.targets</c> writes it down.</summary>
internal static class ProjectOutput
{
    private const string KeyPrefix = "projectoutput:";

    /// <summary>The assembly of the project, whether it is still there or not; null for a project that the app host does not reference.</summary>
    public static string? PathOf(IProjectMetadata project, Assembly? appHost)
    {
        var key = KeyPrefix + Path.GetFullPath(project.ProjectPath);
        return appHost?.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(attribute => string.Equals(attribute.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
    }
}
