using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AppHost;

/// <summary>
/// What differs between a developer's run, a test's and publishing. <c>Ephemeral=true</c> as an argument makes a run that leaves nothing
/// behind: no volume, blobs in a temporary directory, no secret kept. What is published keeps originals in the database and has no path.
/// </summary>
/// <param name="IsEphemeral">Nothing stays.</param>
/// <param name="IsPublish">Nothing runs.</param>
/// <param name="StatePath">What outlives the run on this machine is in there; null: nothing does.</param>
/// <param name="BlobsPath">Folder of the originals; null: they are in the database.</param>
internal sealed record RunSettings(bool IsEphemeral, bool IsPublish, string? StatePath, string? BlobsPath)
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
            return new RunSettings(IsEphemeral: false, IsPublish: true, StatePath: null, BlobsPath: null);
        }

        if (!builder.Configuration.GetValue("Ephemeral", defaultValue: false))
        {
            // LocalHosting keeps what is its own in the same place.
            var state = builder.Configuration["StateDirectory"] is { Length: > 0 } given ? Path.GetFullPath(given) : Path.GetFullPath("../.rag", builder.AppHostDirectory);
            return new RunSettings(IsEphemeral: false, IsPublish: false, state, Path.Combine(state, "blobs"));
        }

        var blobs = TemporaryDirectory.Create("rag-blobs-");
        builder.Services.AddHostedService(_ => blobs);
        return new RunSettings(IsEphemeral: true, IsPublish: false, StatePath: null, blobs.Path);
    }
}
