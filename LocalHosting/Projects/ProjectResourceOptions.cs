namespace Aspire.Hosting;

/// <summary>What of a project's own settings shapes its resource.</summary>
public class ProjectResourceOptions
{
    /// <summary>Null: the one that <c>DOTNET_LAUNCH_PROFILE</c> names if the project has it, else its first.</summary>
    public string? LaunchProfileName { get; set; }

    public bool ExcludeLaunchProfile { get; set; }

    /// <summary>Do not make endpoints from <c>Kestrel:Endpoints</c> of its appsettings.</summary>
    public bool ExcludeKestrelEndpoints { get; set; }
}
