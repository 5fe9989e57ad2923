using System.Reflection;

namespace Aspire.Hosting;

/// <summary>How an app host is set up.</summary>
public sealed class DistributedApplicationOptions
{
    private string? _projectDirectory;

    public string[]? Args { get; set; }

    /// <summary>The assembly of the app host; null for the program that runs.</summary>
    public string? AssemblyName { get; set; }

    public bool DisableDashboard { get; set; }

    public bool AllowUnsecuredTransport { get; set; }

    public bool EnableResourceLogging { get; set; }

    /// <summary>The directory of the app host's project, from which relative paths in the model start.</summary>
    public string? ProjectDirectory
    {
        get => _projectDirectory ?? Metadata("apphostprojectpath");
        set => _projectDirectory = value;
    }

    internal string? ProjectName => Metadata("apphostprojectname");

    internal Assembly? Assembly => string.IsNullOrEmpty(AssemblyName) ? Assembly.GetEntryAssembly() : Assembly.Load(AssemblyName);

    private string? Metadata(string key) => Assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(attribute => string.Equals(attribute.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
}
