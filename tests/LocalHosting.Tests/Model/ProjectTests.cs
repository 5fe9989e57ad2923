namespace LocalHosting.Tests.Model;

/// <summary>Projects in run mode.</summary>
public sealed class ProjectTests
{
    private static readonly LaunchSettings TwoProfiles = new()
    {
        Profiles =
        {
            ["iis"] = new() { CommandName = "IISExpress", ApplicationUrl = "http://localhost:1" },
            ["http"] = new()
            {
                CommandName = "Project",
                ApplicationUrl = "http://localhost:5170;https://127.0.0.1:7170;http://localhost:5171",
                EnvironmentVariables = { ["ASPNETCORE_ENVIRONMENT"] = "Development" },
            },
            ["other"] = new() { CommandName = "Project", ApplicationUrl = "http://localhost:9999" },
        },
    };

    [Fact]
    public async Task The_first_launch_profile_that_can_be_started_gives_endpoints_and_variables()
    {
        var builder = TestAppHost.Run();
        var api = builder.AddProject("api", new FakeProject("/nowhere/Api.csproj", TwoProfiles)).WithEnvironment("ASPNETCORE_ENVIRONMENT", "Staging");

        var environment = await TestAppHost.EnvironmentAsync(builder, api.Resource, targetPort: 12345);

        Assert.Equal(
            ["http http 5170", "https https 7170", "http2 http 5171"],
            api.Resource.GetEndpoints().Select(endpoint => $"{endpoint.EndpointName} {endpoint.Scheme} {endpoint.EndpointAnnotation.Port}"));
        Assert.Equal("http://localhost:12345;https://localhost:12345;http://localhost:12345", environment["ASPNETCORE_URLS"]);
        Assert.Equal("7170", environment["ASPNETCORE_HTTPS_PORT"]);
        Assert.Equal("http", environment["DOTNET_LAUNCH_PROFILE"]);
        Assert.Equal("Staging", environment["ASPNETCORE_ENVIRONMENT"]);
    }

    [Fact]
    public void A_profile_that_is_missing_is_named_with_those_there_are()
    {
        var builder = TestAppHost.Run();

        var error = Assert.Throws<DistributedApplicationException>(() =>
            builder.AddProject("api", new FakeProject("/nowhere/Api.csproj", TwoProfiles), options => options.LaunchProfileName = "nope"));

        Assert.Equal("Launch settings of 'api' have no profile 'nope'. They have: iis, http, other.", error.Message);
    }

    [Fact]
    public async Task Every_replica_listens_on_its_own_port_behind_one_address()
    {
        var builder = TestAppHost.Run();
        var api = builder.AddProject("api", new FakeProject("/nowhere/Api.csproj")).WithHttpEndpoint(port: 5170).WithReplicas(2);

        var first = await TestAppHost.EnvironmentAsync(builder, api.Resource, targetPort: 20001);
        var second = await TestAppHost.EnvironmentAsync(builder, api.Resource, targetPort: 20002);

        Assert.Equal("http://localhost:20001", first["ASPNETCORE_URLS"]);
        Assert.Equal("http://localhost:20002", second["ASPNETCORE_URLS"]);
        Assert.Equal("http://localhost:5170", api.GetEndpoint("http").Url);
        Assert.Equal(2, api.Resource.GetReplicaCount());
    }

    [Fact]
    public void An_endpoint_that_is_asked_for_again_is_changed_not_doubled()
    {
        var builder = TestAppHost.Run();
        var api = builder.AddProject("api", new FakeProject("/nowhere/Api.csproj", TwoProfiles)).WithHttpEndpoint(port: 6000).WithHttpEndpoint().WithExternalHttpEndpoints();

        Assert.Equal(3, api.Resource.GetEndpoints().Count());
        Assert.Equal(6000, api.GetEndpoint("http").EndpointAnnotation.Port);
        Assert.True(api.GetEndpoint("http").EndpointAnnotation.IsExternal);
    }

    [Fact]
    public void Without_a_proxy_the_port_is_the_target_port()
    {
        var builder = TestAppHost.Run();
        var api = builder.AddProject("api", new FakeProject("/nowhere/Api.csproj")).WithHttpEndpoint(port: 6000, isProxied: false);

        Assert.Equal(6000, api.GetEndpoint("http").TargetPort);
    }
}
