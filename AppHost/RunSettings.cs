using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AppHost;

/// <summary>
/// What differs between a developer's run, a test's and publishing. <c>Ephemeral=true</c> as an argument makes a run that leaves nothing
/// behind: no volume, blobs in a temporary directory, no secret kept. What is published keeps originals in the database and has no path.
/// </summary>
internal sealed record RunSettings(bool IsEphemeral, bool IsPublish, string? BlobsPath)
{
    public bool KeepsData => !IsEphemeral;

    /// <summary>
    /// Ports of launchSettings.json are for this machine. In the manifest they would also bring an https endpoint that nothing in a
    /// container listens on.
    /// </summary>
    public Action<ProjectResourceOptions> LaunchProfile => options => options.ExcludeLaunchProfile = IsPublish;

    /// <summary>
    /// <c>--Dashboard false</c> goes without the dashboard. It is an option of the builder, not of its configuration, so it is read before there is one.
    /// </summary>
    public static DistributedApplicationOptions Options(string[] args) => new()
    {
        Args = args,
        DisableDashboard = !new ConfigurationBuilder().AddCommandLine(args).Build().GetValue("Dashboard", defaultValue: true),
    };

    public static RunSettings From(IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode)
        {
            return new RunSettings(IsEphemeral: false, IsPublish: true, BlobsPath: null);
        }

        if (!builder.Configuration.GetValue("Ephemeral", defaultValue: false))
        {
            return new RunSettings(IsEphemeral: false, IsPublish: false, Path.GetFullPath("../.rag/blobs", builder.AppHostDirectory));
        }

        var blobs = TemporaryDirectory.Create("rag-blobs-");
        builder.Services.AddHostedService(_ => blobs);
        return new RunSettings(IsEphemeral: true, IsPublish: false, blobs.Path);
    }
}
