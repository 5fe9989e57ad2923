using LocalHosting.Tests.Model;

namespace LocalHosting.Tests.Manifest;

public sealed class ProjectManifestTests
{
    private sealed class WithProfile : IProjectMetadata
    {
        public string ProjectPath => "/nowhere/src/Shop/Shop.csproj";

        public LaunchSettings? LaunchSettings => new()
        {
            Profiles =
            {
                ["http"] = new() { CommandName = "Project", ApplicationUrl = "https://localhost:7100;http://localhost:5100", EnvironmentVariables = { ["ASPNETCORE_ENVIRONMENT"] = "Development" } },
            },
        };
    }

    private sealed class Plain : IProjectMetadata
    {
        public string ProjectPath => "/nowhere/AppHost/Worker/Worker.csproj";

        public LaunchSettings? LaunchSettings => new();
    }

    [Fact]
    public async Task A_launch_profile_with_addresses_gives_both_schemes_without_its_ports_and_variables()
    {
        var builder = TestAppHost.Publish();
        var shop = builder.AddProject<WithProfile>("shop").WithExternalHttpEndpoints();
        builder.AddProject<Plain>("worker").WithReference(shop).WithArgs("--queue", "orders").WithReplicas(3);

        Assert.Equal(
            """
            {
              "resources": {
                "shop": {
                  "type": "project.v0",
                  "path": "../src/Shop/Shop.csproj",
                  "env": {
                    "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY": "in_memory",
                    "ASPNETCORE_FORWARDEDHEADERS_ENABLED": "true",
                    "HTTP_PORTS": "{shop.bindings.http.targetPort}"
                  },
                  "bindings": {
                    "http": {
                      "scheme": "http",
                      "protocol": "tcp",
                      "transport": "http",
                      "external": true
                    },
                    "https": {
                      "scheme": "https",
                      "protocol": "tcp",
                      "transport": "http",
                      "external": true
                    }
                  }
                },
                "worker": {
                  "type": "project.v0",
                  "path": "Worker/Worker.csproj",
                  "args": [
                    "--queue",
                    "orders"
                  ],
                  "env": {
                    "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY": "in_memory",
                    "SHOP_HTTP": "{shop.bindings.http.url}",
                    "services__shop__http__0": "{shop.bindings.http.url}",
                    "SHOP_HTTPS": "{shop.bindings.https.url}",
                    "services__shop__https__0": "{shop.bindings.https.url}"
                  }
                }
              }
            }
            """,
            await TestAppHost.ManifestAsync(builder));
    }

    [Fact]
    public async Task Without_the_launch_profile_there_are_only_the_endpoints_of_the_model()
    {
        var builder = TestAppHost.Publish();
        builder.AddProject<WithProfile>("none", launchProfileName: null);
        builder.AddProject<WithProfile>("two", options => options.ExcludeLaunchProfile = true)
            .WithHttpEndpoint(targetPort: 8080).WithHttpEndpoint(name: "admin").WithHttpsEndpoint(port: 443);

        var resources = await Json.ResourcesAsync(builder);

        Assert.Equal(["type", "path", "env"], resources["none"]!.AsObject().Select(field => field.Key));
        Assert.Equal(["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"], resources["none"]!["env"]!.AsObject().Select(field => field.Key));
        Assert.Equal("{two.bindings.http.targetPort};{two.bindings.admin.targetPort}", (string)resources["two"]!["env"]!["HTTP_PORTS"]!);
        Assert.Equal("{two.bindings.https.targetPort}", (string)resources["two"]!["env"]!["HTTPS_PORTS"]!);
        Assert.Equal(8080, (int)resources["two"]!["bindings"]!["http"]!["targetPort"]!);
        Assert.Equal(8000, (int)resources["two"]!["bindings"]!["admin"]!["targetPort"]!);
        Assert.Equal("""{"scheme":"https","protocol":"tcp","transport":"http","port":443}""", resources["two"]!["bindings"]!["https"]!.ToJsonString());
    }

    [Fact]
    public async Task Kestrels_own_endpoints_are_overridden_by_variables()
    {
        var project = Directory.CreateTempSubdirectory("kestrel-");
        try
        {
            var path = Path.Combine(project.FullName, "Gateway.csproj");
            await File.WriteAllTextAsync(path, "<Project />");
            await File.WriteAllTextAsync(
                Path.Combine(project.FullName, "appsettings.json"),
                """{ "Kestrel": { "EndpointDefaults": { "Protocols": "Http2" }, "Endpoints": { "Rpc": { "Url": "http://*:5002" } } } }""");
            var builder = TestAppHost.Publish();
            builder.AddProject("gateway", path);

            var gateway = (await Json.ResourcesAsync(builder))["gateway"]!;

            Assert.Equal("http://*:{gateway.bindings.http.targetPort}", (string)gateway["env"]!["Kestrel__Endpoints__http__Url"]!);
            Assert.Null(gateway["env"]!["HTTP_PORTS"]);
            Assert.Null(gateway["env"]!["Kestrel__Endpoints__https__Url"]);
            Assert.Equal("""{"scheme":"http","protocol":"tcp","transport":"http2","targetPort":5002}""", gateway["bindings"]!["http"]!.ToJsonString());
            Assert.Equal("""{"scheme":"https","protocol":"tcp","transport":"http2","targetPort":5002}""", gateway["bindings"]!["https"]!.ToJsonString());
        }
        finally
        {
            project.Delete(recursive: true);
        }
    }
}
