using System.Globalization;

namespace LocalHosting.Tests.Orchestration;

/// <summary>
/// The container path against a program that understands the same command line as docker and podman do, because the machines that run these
/// tests have no runtime: "containers" are processes with the environment of the file and the ports of the arguments.
/// </summary>
public sealed class ContainerWorkloadTests : IDisposable
{
    // docker ps | stop NAME | rm -f NAME | run ... IMAGE ARGUMENTS
    private const string Runtime = """
        #!/usr/bin/env python3
        import os, stat, subprocess, sys
        log = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'calls'), 'a')
        log.write(' '.join(sys.argv[1:]) + '\n'); log.flush()
        pid = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pid')
        if sys.argv[1] == 'stop': os.kill(int(open(pid).read()), 15)
        if sys.argv[1] != 'run': sys.exit(0)
        open(pid, 'w').write(str(os.getpid()))
        arguments, environment, ports, image = sys.argv[2:], {'PATH': os.environ['PATH']}, {}, None
        while image is None:
            option = arguments.pop(0)
            if option in ('--rm', '--detach'): continue
            if not option.startswith('--'): image = option; continue
            value = arguments.pop(0)
            if option == '--env-file':
                log.write('mode %o\n' % stat.S_IMODE(os.stat(value).st_mode)); log.flush()
                environment.update(line.rstrip('\n').split('=', 1) for line in open(value))
            if option == '--publish':
                address, host, container = value.split(':'); assert address == '127.0.0.1'; ports[container] = host
        environment['PORT'] = ports.get('80') or ports.get('6333', '')
        # An image with a program of its own.
        arguments = arguments or ['python3', '-c', "import os,http.server as s;h=s.SimpleHTTPRequestHandler;h.do_GET=lambda r:(r.send_response(200 if r.path=='/readyz' else 404),r.send_header('Content-Length','0'),r.end_headers());s.ThreadingHTTPServer(('127.0.0.1',int(os.environ['PORT'])),h).serve_forever()"]
        os.execvpe(arguments[0], arguments, environment)
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _timeout.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_container_gets_its_environment_by_a_private_file_and_is_removed_at_the_end()
    {
        var builder = await BuilderAsync();
        var secret = builder.AddParameter("password", "very-secret", secret: true);
        const string Script = "import os,http.server as s;h=s.SimpleHTTPRequestHandler;h.server_version=os.environ['PASSWORD'];s.ThreadingHTTPServer(('127.0.0.1',int(os.environ['PORT'])),h).serve_forever()";
        var web = builder.AddContainer("web", "example/web", "1.2")
            .WithArgs("python3", "-c", Script)
            .WithEnvironment("PASSWORD", secret)
            .WithVolume("data", "/data")
            .WithHttpEndpoint(targetPort: 80)
            .WithHttpHealthCheck("/");
        await using var app = builder.Build();
        await app.StartAsync(_timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("web", _timeout.Token);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(web.GetEndpoint("http").Url), _timeout.Token);
        Assert.Contains("very-secret", string.Join(' ', answer.Headers.GetValues("Server")), StringComparison.Ordinal);

        await app.StopAsync(_timeout.Token);

        var calls = await CallsAsync();
        var run = Assert.Single(calls, call => call.StartsWith("run ", StringComparison.Ordinal));
        Assert.DoesNotContain("very-secret", string.Join(' ', calls), StringComparison.Ordinal);
        Assert.Contains("mode 600", calls);
        Assert.Contains("--rm", run, StringComparison.Ordinal);
        Assert.Contains("--mount type=volume,source=data,target=/data", run, StringComparison.Ordinal);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"--publish 127.0.0.1:{web.GetEndpoint("http").Port}:80"), run, StringComparison.Ordinal);
        Assert.Contains("example/web:1.2 python3 -c", run, StringComparison.Ordinal);
        Assert.Contains(calls, call => call.StartsWith("stop --time 10 web-", StringComparison.Ordinal));
        Assert.StartsWith("rm --force web-", calls[^1], StringComparison.Ordinal);
        var environmentFile = run.Split(' ')[Array.IndexOf(run.Split(' '), "--env-file") + 1];
        Assert.False(File.Exists(environmentFile));
    }

    [Fact]
    public async Task Qdrant_gets_its_image_ports_volume_and_its_key_by_the_file()
    {
        var builder = await BuilderAsync();
        var key = builder.AddParameter("vectors-key", "very-secret-key", secret: true);
        var vectors = builder.AddQdrant("vectors", key).WithDataVolume("the-volume");
        await using var app = builder.Build();
        await app.StartAsync(_timeout.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("vectors", _timeout.Token);
        Assert.Equal(
            $"Endpoint={vectors.GetEndpoint("http").Url};Key=very-secret-key", await vectors.Resource.HttpConnectionStringExpression.GetValueAsync(_timeout.Token));
        var run = Assert.Single(await CallsAsync(), static call => call.StartsWith("run ", StringComparison.Ordinal)).Split(' ');
        var environment = await File.ReadAllLinesAsync(run[Array.IndexOf(run, "--env-file") + 1], _timeout.Token);

        await app.StopAsync(_timeout.Token);

        Assert.Equal("docker.io/qdrant/qdrant:v1.18.0", run[^1]);
        Assert.Contains("type=volume,source=the-volume,target=/qdrant/storage", run);
        foreach (var (endpoint, port) in (Dictionary<string, int>)new() { ["grpc"] = 6334, ["http"] = 6333 })
        {
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{vectors.GetEndpoint(endpoint).Port}:{port}"), run);
        }

        Assert.Contains("QDRANT__SERVICE__API_KEY=very-secret-key", environment);
        Assert.DoesNotContain("very-secret-key", string.Join(' ', await CallsAsync()), StringComparison.Ordinal);
        Assert.Contains("mode 600", await CallsAsync());
    }

    [Fact]
    public async Task A_resource_that_would_have_to_be_built_says_so_instead_of_running_another_image()
    {
        var builder = await BuilderAsync();
        builder.AddDockerfile("own", _directory.Path);
        await using var app = builder.Build();
        await app.StartAsync(_timeout.Token);
        await app.ResourceNotifications.WaitForResourceAsync("own", KnownResourceStates.FailedToStart, _timeout.Token);

        Assert.DoesNotContain(await CallsAsync(), call => call.StartsWith("run ", StringComparison.Ordinal));
        await app.StopAsync(_timeout.Token);
    }

    private Task<string[]> CallsAsync() => File.ReadAllLinesAsync(Path.Combine(_directory.Path, "calls"), _timeout.Token);

    private async Task<IDistributedApplicationBuilder> BuilderAsync()
    {
        var program = Path.Combine(_directory.Path, "docker");
        await File.WriteAllTextAsync(program, Runtime);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            Args = ["TemporaryState=true", "Infrastructure=containers", "DcpPublisher:RandomizePorts=true", "ConsoleOutput=false", $"ASPIRE_CONTAINER_RUNTIME={program}"],
            DisableDashboard = true,
        });
    }
}
