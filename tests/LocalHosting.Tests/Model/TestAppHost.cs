using Aspire.Hosting.Manifest;
using Microsoft.Extensions.DependencyInjection;

namespace LocalHosting.Tests.Model;

/// <summary>Builders of small models, and what becomes of them, without a process.</summary>
internal static class TestAppHost
{
    /// <summary>An app host in a directory of its own; nothing is there unless a test puts it there.</summary>
    public const string Directory = "/nowhere/AppHost";

    public static IDistributedApplicationBuilder Run(params string[] args) => Create([.. args, "Ephemeral=true"]);

    public static IDistributedApplicationBuilder Publish(params string[] args) => Create(["--publisher", "manifest", "--output-path", "/nowhere/AppHost/aspire-manifest.json", .. args]);

    public static IDistributedApplicationBuilder Create(string[] args) => DistributedApplication.CreateBuilder(
        new DistributedApplicationOptions { Args = [.. args, "--AppHostSha=0000000000", "--applicationName=AppHost"], ProjectDirectory = Directory, DisableDashboard = true });

    /// <summary>The manifest of a model as it would stand in the app host's directory.</summary>
    public static async Task<string> ManifestAsync(IDistributedApplicationBuilder builder, string path = $"{Directory}/aspire-manifest.json")
    {
        await using var app = builder.Build();
        var document = await ManifestWriter.WriteAsync(
            app.Services.GetRequiredService<DistributedApplicationModel>(), builder.ExecutionContext, path, CancellationToken.None);
        await using var stream = new MemoryStream();
        document.Write(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>What a resource's process would get, by name; endpoints get their fixed port or one counted up from 40000.</summary>
    public static async Task<Dictionary<string, string>> EnvironmentAsync(IDistributedApplicationBuilder builder, IResource resource, int? targetPort = null)
    {
        Allocate(builder);
        var context = new ValueProviderContext { ExecutionContext = builder.ExecutionContext, Caller = resource, TargetPortOf = _ => targetPort };
        return (await ResourceConfiguration.ResolveEnvironmentAsync(resource, context, CancellationToken.None)).ToDictionary(v => v.Name, v => v.Value);
    }

    public static void Allocate(IDistributedApplicationBuilder builder)
    {
        var port = 40000;
        foreach (var endpoint in builder.Resources.SelectMany(resource => resource.Annotations.OfType<EndpointAnnotation>()))
        {
            endpoint.AllocatedEndpoint ??= new AllocatedEndpoint(endpoint, "localhost", endpoint.Port ?? port++);
        }
    }
}

/// <summary>A project that is not on disk.</summary>
internal sealed class FakeProject(string path, LaunchSettings? settings = null) : IProjectMetadata
{
    public string ProjectPath => path;

    public LaunchSettings? LaunchSettings => settings ?? new LaunchSettings();
}
