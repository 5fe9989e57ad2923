using Aspire.Hosting.Testing;

namespace LocalHosting.Tests.Testing;

/// <summary>The mechanics, with entry points of this assembly's own; the real app host is tested in its own project.</summary>
public class TestingBuilderTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_assembly_without_entry_point_is_refused()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => DistributedApplicationTestingBuilder.CreateAsync<IResource>());
        Assert.Contains("no entry point", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoints_clients_and_errors()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            Args = ["TemporaryState=true", "DcpPublisher:RandomizePorts=true", "Infrastructure=native", "ConsoleOutput=false"],
            DisableDashboard = true,
        });
        const string Script = "import http.server,os;http.server.test(http.server.SimpleHTTPRequestHandler,port=int(os.environ['PORT']),bind='127.0.0.1')";
        builder.AddExecutable("files", "python3", Path.GetTempPath(), "-c", Script).WithHttpEndpoint(env: "PORT").WithHttpHealthCheck("/");
        builder.AddConnectionString("outside", ReferenceExpression.Create($"Host=example.org"));
        await using var app = builder.Build();
        await app.StartAsync(timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("files", timeout.Token);

        using var client = app.CreateHttpClient("files");
        Assert.Equal(app.GetEndpoint("files", "http"), client.BaseAddress);
        Assert.True((await client.GetAsync(new Uri("/", UriKind.Relative), timeout.Token)).IsSuccessStatusCode);
        Assert.Equal("Host=example.org", await app.GetConnectionStringAsync("outside", timeout.Token));
        Assert.Contains("'nobody' not found", Assert.Throws<ArgumentException>(() => app.GetEndpoint("nobody", "http")).Message, StringComparison.Ordinal);
        Assert.Contains("'https'", Assert.Throws<ArgumentException>(() => app.GetEndpoint("files", "https")).Message, StringComparison.Ordinal);
    }
}
