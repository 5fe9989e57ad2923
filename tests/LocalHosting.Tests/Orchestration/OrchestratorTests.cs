using System.Globalization;
using Aspire.Hosting.Orchestration.Processes;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LocalHosting.Tests.Orchestration;

/// <summary>Whole models on real processes and servers.</summary>
public sealed class OrchestratorTests : IDisposable
{
    // Answers every connection with its process id, over HTTP; 503 while a file 'sick' lies beside it.
    private const string Server = """
        import http.server, os, sys
        class H(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                b = str(os.getpid()).encode()
                self.send_response(503 if os.path.exists('sick') else 200)
                self.send_header('Content-Length', str(len(b))); self.end_headers(); self.wfile.write(b)
            def log_message(self, *a): pass
        print('listening on', os.environ['PORT'], flush=True)
        http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _timeout = new(Patience);

    public void Dispose()
    {
        _timeout.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Postgres_and_redis_run_natively_and_their_connection_strings_work()
    {
        var builder = CreateBuilder();
        var database = builder.AddPostgres("postgres").AddDatabase("ragdb");
        var cache = builder.AddRedis("cache");
        await using var app = builder.Build();
        await app.StartAsync();

        await app.ResourceNotifications.WaitForResourceHealthyAsync("ragdb", _timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("cache", _timeout.Token);
        var connectionString = await ((IResourceWithConnectionString)database.Resource).GetConnectionStringAsync(_timeout.Token);
        await using (var connection = new NpgsqlConnection(connectionString + ";Pooling=false"))
        {
            await connection.OpenAsync(_timeout.Token);
            await using var command = new NpgsqlCommand("select current_database()", connection);
            Assert.Equal("ragdb", await command.ExecuteScalarAsync(_timeout.Token));
        }

        var password = await cache.Resource.PasswordParameter!.GetValueAsync(_timeout.Token);
        Assert.Null(await Native.RedisPing.AskAsync("127.0.0.1", cache.GetEndpoint("tcp").Port, password, _timeout.Token));

        var servers = Processes(app, "postgres").Concat(Processes(app, "cache")).ToList();
        Assert.Equal(2, servers.Count);
        await app.StopAsync();
        Assert.All(servers, server => Assert.False(server.IsAlive()));
    }

    [Fact]
    public async Task A_killed_service_comes_back_behind_the_same_port()
    {
        var builder = CreateBuilder();
        var service = AddServer(builder, "service").WithHttpHealthCheck("/");
        await using var app = builder.Build();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("service", _timeout.Token);
        var url = service.GetEndpoint("http").Url;
        var first = await GetAsync(url);

        Signals.Send(first, StopSignal.Kill);
        await app.ResourceNotifications.WaitForResourceAsync("service", KnownResourceStates.RuntimeUnhealthy, _timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("service", _timeout.Token);

        Assert.Equal(url, service.GetEndpoint("http").Url);
        Assert.NotEqual(first, await GetAsync(url));
    }

    [Fact]
    public async Task Replicas_share_an_endpoint_and_the_living_one_serves_while_the_other_is_dead()
    {
        var builder = CreateBuilder();
        var service = AddServer(builder, "service", new ReplicaAnnotation(2));
        await using var app = builder.Build();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceAsync("service-1", KnownResourceStates.Running, _timeout.Token);
        await app.ResourceNotifications.WaitForResourceAsync("service-2", KnownResourceStates.Running, _timeout.Token);
        var url = service.GetEndpoint("http").Url;
        var both = new HashSet<int>();
        while (both.Count < 2)
        {
            _timeout.Token.ThrowIfCancellationRequested();
            if (await TryGetAsync(url) is { } id)
            {
                both.Add(id);
            }
        }

        var victim = both.First();
        Signals.Send(victim, StopSignal.Kill);
        // Until it is gone, the kernel still takes connections in its name.
        await Eventually.TrueAsync(() => ProcessIdentity.Of(victim) is null, "the replica is dead");
        for (var i = 0; i < 20; i++)
        {
            Assert.NotEqual(victim, await GetAsync(url));
        }
    }

    [Fact]
    public async Task A_dependent_starts_only_when_what_it_waits_for_is_healthy()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "sick"), "");
        var builder = CreateBuilder();
        var server = AddServer(builder, "server").WithHttpHealthCheck("/");
        builder.AddExecutable("dependent", "sleep", _directory.Path, "300").WaitFor(server);
        await using var app = builder.Build();
        await app.StartAsync();

        await app.ResourceNotifications.WaitForResourceAsync(
            "server", update => update.Snapshot.HealthReports.Any(report => report.Description?.Contains("503", StringComparison.Ordinal) == true), _timeout.Token);
        Assert.True(app.ResourceNotifications.TryGetCurrentState("dependent", out var waiting));
        Assert.Equal(KnownResourceStates.Waiting, waiting.Snapshot.State?.Text);

        File.Delete(Path.Combine(_directory.Path, "sick"));
        await app.ResourceNotifications.WaitForResourceAsync("dependent", KnownResourceStates.Running, _timeout.Token);
    }

    [Fact]
    public async Task Tasks_run_once_and_those_that_wait_see_their_exit_code()
    {
        var builder = CreateBuilder();
        var good = builder.AddExecutable("good", "/bin/sh", _directory.Path, "-c", "echo done > good; exit 0");
        var bad = builder.AddExecutable("bad", "/bin/sh", _directory.Path, "-c", "exit 4");
        builder.AddExecutable("after-good", "cat", _directory.Path, "good").WaitForCompletion(good);
        builder.AddExecutable("after-bad", "true", _directory.Path).WaitForCompletion(bad);
        await using var app = builder.Build();
        await app.StartAsync();

        await app.ResourceNotifications.WaitForResourceAsync("after-good", KnownResourceStates.Finished, _timeout.Token);
        await app.ResourceNotifications.WaitForResourceAsync("after-bad", KnownResourceStates.FailedToStart, _timeout.Token);
        Assert.True(app.ResourceNotifications.TryGetCurrentState("bad", out var state));
        Assert.Equal((KnownResourceStates.Exited, 4), (state.Snapshot.State?.Text, state.Snapshot.ExitCode));
    }

    [Fact]
    public async Task Dependents_end_before_what_they_depend_on()
    {
        var builder = CreateBuilder();
        var log = Path.Combine(_directory.Path, "order");
        string Script(string name) => $"trap 'echo {name} >> {log}; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
        var inner = builder.AddExecutable("inner", "/bin/sh", _directory.Path, "-c", Script("inner"));
        var middle = builder.AddExecutable("middle", "/bin/sh", _directory.Path, "-c", Script("middle")).WaitFor(inner);
        builder.AddExecutable("outer", "/bin/sh", _directory.Path, "-c", Script("outer")).WaitFor(middle);
        await using var app = builder.Build();
        await app.StartAsync();
        await LineAsync(app, "outer", "ready");

        await app.StopAsync();

        Assert.Equal(["outer", "middle", "inner"], await File.ReadAllLinesAsync(log));
    }

    [Fact]
    public async Task Commands_stop_and_start_a_resource()
    {
        var builder = CreateBuilder();
        var service = AddServer(builder, "service").WithHttpHealthCheck("/");
        await using var app = builder.Build();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("service", _timeout.Token);
        var first = await GetAsync(service.GetEndpoint("http").Url);

        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("service", KnownResourceCommands.StopCommand)).Success);
        Assert.Null(ProcessIdentity.Of(first));
        Assert.True(app.ResourceNotifications.TryGetCurrentState("service", out var state));
        Assert.Equal(KnownResourceStates.Exited, state.Snapshot.State?.Text);

        Assert.True((await app.ResourceCommands.ExecuteCommandAsync("service", KnownResourceCommands.StartCommand)).Success);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("service", _timeout.Token);
        Assert.NotEqual(first, await GetAsync(service.GetEndpoint("http").Url));
        Assert.Contains("no resource 'other'", (await app.ResourceCommands.ExecuteCommandAsync("other", "stop")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_start_says_why_in_its_log()
    {
        var builder = CreateBuilder();
        builder.AddExecutable("missing", "no-such-program", _directory.Path);
        await using var app = builder.Build();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceAsync("missing", KnownResourceStates.FailedToStart, _timeout.Token);
        await LineAsync(app, "missing", "no-such-program");
    }

    [Fact]
    public async Task Secrets_are_masked_in_what_is_shown_and_given_to_the_process()
    {
        var builder = CreateBuilder();
        var secret = builder.AddParameter("pass", "very-secret", secret: true);
        builder.AddExecutable("service", "/bin/sh", _directory.Path, "-c", "[ \"$GIVEN\" = very-secret ] && echo given; sleep 300")
            .WithEnvironment("GIVEN", secret)
            .WithEnvironment("SIGNIN_TOKEN", "also-secret")
            .WithEnvironment("PLAIN", "shown");
        await using var app = builder.Build();
        await app.StartAsync();
        await LineAsync(app, "service", "given");

        Assert.True(app.ResourceNotifications.TryGetCurrentState("service", out var state));
        var shown = state.Snapshot.EnvironmentVariables.ToDictionary(variable => variable.Name, variable => variable.Value);
        Assert.Equal("shown", shown["PLAIN"]);
        Assert.DoesNotContain("secret", shown["GIVEN"], StringComparison.Ordinal);
        Assert.DoesNotContain("secret", shown["SIGNIN_TOKEN"], StringComparison.Ordinal);
    }

    private static IDistributedApplicationBuilder CreateBuilder(params string[] args) => DistributedApplication.CreateBuilder(new DistributedApplicationOptions
    {
        Args = ["Ephemeral=true", "DcpPublisher:RandomizePorts=true", "Infrastructure=native", "ConsoleOutput=false", .. args],
        DisableDashboard = true,
    });

    private IResourceBuilder<ExecutableResource> AddServer(IDistributedApplicationBuilder builder, string name, params IResourceAnnotation[] annotations)
    {
        var service = builder.AddExecutable(name, "python3", _directory.Path, "-c", Server).WithHttpEndpoint(env: "PORT");
        foreach (var annotation in annotations)
        {
            service.WithAnnotation(annotation);
        }

        return service;
    }

    private static IEnumerable<ProcessIdentity> Processes(DistributedApplication app, string name) =>
        app.ResourceNotifications.TryGetCurrentState(name, out var state)
            ? state.Snapshot.Properties.Where(property => property.Name == "executable.pid")
                .Select(property => ProcessIdentity.Of(int.Parse((string)property.Value!, CultureInfo.InvariantCulture)))
                .OfType<ProcessIdentity>()
            : [];

    private async Task<int> GetAsync(string url)
    {
        using var http = new HttpClient();
        return int.Parse(await http.GetStringAsync(url, _timeout.Token), CultureInfo.InvariantCulture);
    }

    private async Task<int?> TryGetAsync(string url)
    {
        try
        {
            return await GetAsync(url);
        }
        catch (Exception e) when (e is HttpRequestException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    private async Task LineAsync(DistributedApplication app, string resource, string text)
    {
        var logs = app.Services.GetRequiredService<ResourceLoggerService>();
        await foreach (var lines in logs.WatchAsync(resource).WithCancellation(_timeout.Token))
        {
            if (lines.Any(line => line.Content.Contains(text, StringComparison.Ordinal)))
            {
                return;
            }
        }
    }
}
