using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rag.Testing;
using RagPlatform.ServiceDefaults.Health;
using RagPlatform.ServiceDefaults.Shutdown;

namespace ServiceDefaults.Tests;

public sealed class DrainingLifetimeTests
{
    private readonly ManualTime _time = new();
    private readonly Draining _draining = new();
    private readonly Application _application = new();

    [Fact]
    public void It_drains_at_once_and_stops_after_the_delay()
    {
        using var lifetime = Create("Production", delay: null);

        lifetime.Terminate();
        Assert.True(_draining.Started);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(0, _application.Stops);
        _time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Equal(1, _application.Stops);
    }

    [Fact]
    public void In_development_it_stops_at_once()
    {
        using var lifetime = Create("Development", delay: null);

        lifetime.Terminate();

        Assert.Equal(1, _application.Stops);
    }

    [Fact]
    public void A_second_request_to_stop_does_not_wait()
    {
        using var lifetime = Create("Production", TimeSpan.FromMinutes(1));

        lifetime.Terminate();
        lifetime.Terminate();

        Assert.Equal(1, _application.Stops);
    }

    private DrainingLifetime Create(string environment, TimeSpan? delay) => new(
        _application, new HostEnvironment(environment), Options.Create(new ShutdownOptions { Delay = delay }), _draining, _time, NullLogger<DrainingLifetime>.Instance);

    private sealed class Application : IHostApplicationLifetime
    {
        public int Stops { get; private set; }

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => Stops++;
    }

    private sealed class HostEnvironment(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "test";

        public string ContentRootPath { get; set; } = "/";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
