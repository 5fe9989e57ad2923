using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aspire.Hosting;

/// <summary>A project's <c>Properties/launchSettings.json</c>.</summary>
public sealed class LaunchSettings
{
    [JsonPropertyName("profiles")]
    public Dictionary<string, LaunchProfile> Profiles { get; set; } = [];

    /// <summary>The settings beside <paramref name="projectPath"/>, null where there are none.</summary>
    /// <exception cref="DistributedApplicationException">The project or the settings cannot be read.</exception>
    internal static LaunchSettings? Read(string projectPath, string resourceName)
    {
        if (!File.Exists(projectPath))
        {
            throw new DistributedApplicationException($"Project file '{projectPath}' of resource '{resourceName}' was not found.");
        }

        var path = Path.Combine(Path.GetDirectoryName(projectPath)!, "Properties", "launchSettings.json");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize<LaunchSettings>(file, LaunchSettingsFormat);
        }
        catch (JsonException exception)
        {
            throw new DistributedApplicationException($"The launch settings '{path}' of resource '{resourceName}' are not valid: {exception.Message}", exception);
        }
    }

    private static readonly JsonSerializerOptions LaunchSettingsFormat = new()
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };
}

public sealed class LaunchProfile
{
    [JsonPropertyName("commandName")]
    public string? CommandName { get; set; }

    [JsonPropertyName("commandLineArgs")]
    public string? CommandLineArgs { get; set; }

    [JsonPropertyName("launchBrowser")]
    public bool? LaunchBrowser { get; set; }

    [JsonPropertyName("launchUrl")]
    public string? LaunchUrl { get; set; }

    /// <summary>Addresses separated by semicolons.</summary>
    [JsonPropertyName("applicationUrl")]
    public string? ApplicationUrl { get; set; }

    [JsonPropertyName("environmentVariables")]
    public Dictionary<string, string> EnvironmentVariables { get; set; } = [];
}
