using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Health;
using LocalHosting.Tests.Model;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Rag.Testing;

namespace LocalHosting.Tests.Health;

/// <summary>Checks and the creation of databases against a real PostgreSQL.</summary>
public sealed class ServerCheckTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_server_that_is_ready_gets_its_databases_once()
    {
        var target = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync());
        var builder = TestAppHost.Run($"--Parameters:pw={target.Password}", $"--Parameters:user={target.Username}");
        var server = builder.AddPostgres("pg", builder.AddParameter("user"), builder.AddParameter("pw", secret: true));
        var name = $"odd \"name\" {Guid.NewGuid():N}";
        var database = server.AddDatabase("db", name);
        Allocate(server.Resource, target.Port);

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(new PostgresCheck(server.Resource))).Status);
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(new PostgresCheck(database.Resource))).Status);

        await builder.Eventing.PublishAsync(new ResourceReadyEvent(server.Resource, null!));
        await builder.Eventing.PublishAsync(new ResourceReadyEvent(server.Resource, null!));

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(new PostgresCheck(database.Resource))).Status);
    }

    [Fact]
    public async Task A_wrong_password_is_unhealthy_in_words_that_do_not_contain_it()
    {
        var target = new NpgsqlConnectionStringBuilder(await postgres.CreateDatabaseAsync());
        var builder = TestAppHost.Run("--Parameters:pw=not-the-password", $"--Parameters:user={target.Username}");
        var server = builder.AddPostgres("pg", builder.AddParameter("user"), builder.AddParameter("pw", secret: true));
        Allocate(server.Resource, target.Port);

        var result = await CheckAsync(new PostgresCheck(server.Resource));

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.NotNull(result.Description);
        Assert.DoesNotContain("not-the-password", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_is_unhealthy_not_an_exception()
    {
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)reserved.LocalEndPoint!).Port;
        var builder = TestAppHost.Run("--Parameters:pw=x");
        var password = builder.AddParameter("pw", secret: true);
        var server = builder.AddPostgres("pg", password: password);
        var cache = builder.AddRedis("cache", password: password);
        var web = builder.AddContainer("web", "web").WithHttpEndpoint(targetPort: 80);
        using var http = new HttpClient();
        var webCheck = new HttpEndpointCheck(web.GetEndpoint("http"), "/health", 200, () => http);

        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(webCheck)).Status);
        Allocate(server.Resource, port);
        Allocate(cache.Resource, port);
        Allocate(web.Resource, port);

        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(new PostgresCheck(server.Resource))).Status);
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(new RedisCheck(cache.Resource))).Status);
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(webCheck)).Status);
    }

    private static Task<HealthCheckResult> CheckAsync(IHealthCheck check) => check.CheckHealthAsync(new HealthCheckContext());

    private static void Allocate(IResource resource, int port)
    {
        var endpoint = resource.Annotations.OfType<EndpointAnnotation>().Single();
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "127.0.0.1", port);
    }
}
