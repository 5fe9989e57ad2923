using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>One of <c>Kestrel:Endpoints</c> of a project's appsettings. Kestrel ignores all other addresses where there are such.</summary>
internal sealed record KestrelEndpoint(string Name, BindingAddress Address, bool IsHttp2)
{
    /// <summary>Endpoints by name: the scheme where it has only one, else the name that the settings give.</summary>
    public static IReadOnlyList<KestrelEndpoint> Read(IConfiguration settings)
    {
        var configured = settings.GetSection("Kestrel:Endpoints").GetChildren()
            .Where(endpoint => endpoint["Url"] is not null)
            .Select(endpoint => (Name: endpoint.Key, Address: BindingAddress.Parse(endpoint["Url"]!), Protocols: endpoint["Protocols"]))
            .GroupBy(endpoint => endpoint.Address.Scheme);
        return [.. configured.SelectMany(group => group.Select(endpoint => new KestrelEndpoint(
            group.Count() == 1 ? group.Key : endpoint.Name,
            endpoint.Address,
            endpoint.Protocols is null ? IsHttp2ByDefault(settings) : endpoint.Protocols == "Http2")))];
    }

    public static bool IsHttp2ByDefault(IConfiguration settings) => settings["Kestrel:EndpointDefaults:Protocols"] == "Http2";

    /// <summary>The appsettings of a project as its process will read them.</summary>
    public static IConfiguration SettingsOf(IProjectMetadata project)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(project.ProjectPath))!;
        var application = Path.GetFileName(directory);
        var environment = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT");
        return new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(directory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(directory, $"appsettings.{environment}.json"), optional: true)
            .AddJsonFile(Path.Combine(directory, $"{application}.settings.json"), optional: true)
            .AddJsonFile(Path.Combine(directory, $"{application}.settings.{environment}.json"), optional: true)
            .Build();
    }
}
