using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rag.Testing;
using RagPlatform.ServiceDefaults.Health;

namespace ServiceDefaults.Tests;

public sealed class HealthTests
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task All_four_are_there_in_every_environment(string environment)
    {
        await using var service = await TestService.StartAsync(environment: environment);

        foreach (var path in (string[])["/health", "/health/live", "/health/ready", "/health/startup"])
        {
            var answer = await service.Http.GetFromJsonAsync<HealthAnswer>(path);
            Assert.Equal("ready", answer!.Status);
        }
    }

    [Fact]
    public async Task A_required_dependency_makes_it_unavailable_but_not_dead()
    {
        await using var service = await TestService.StartAsync(static builder =>
        {
            builder.Services.AddReadinessCheck("storage", static (_, _) => Task.FromResult(DependencyHealth.Unavailable("PostgreSQL is away.")));
            builder.Services.AddReadinessCheck("cache", static (_, _) => Task.FromResult(DependencyHealth.Degraded("Redis is away.")));
        });

        var (status, answer) = await ReadyAsync(service);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("unavailable", answer.Status);
        Assert.Equal([new("cache", "degraded", "Redis is away."), new("storage", "unavailable", "PostgreSQL is away.")], answer.Checks);
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/health/startup")).StatusCode);
    }

    [Fact]
    public async Task A_dependency_one_can_do_without_only_degrades()
    {
        await using var service = await TestService.StartAsync(static builder =>
            builder.Services.AddReadinessCheck("cache", static (_, _) => Task.FromResult(DependencyHealth.Degraded("Redis is away."))));

        var (status, answer) = await ReadyAsync(service);

        Assert.Equal((HttpStatusCode.OK, "degraded"), (status, answer.Status));
    }

    [Fact]
    public async Task A_check_that_hangs_or_throws_is_unavailable_without_telling_internals()
    {
        await using var service = await TestService.StartAsync(static builder =>
        {
            builder.Services.AddReadinessCheck("hangs", static async (_, token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return DependencyHealth.Well;
            });
            builder.Services.AddReadinessCheck("throws", static (_, _) => throw new InvalidOperationException("password=hunter2"));
        });

        var (_, answer) = await ReadyAsync(service);

        Assert.All(answer.Checks, static check => Assert.Equal("unavailable", check.Status));
        Assert.DoesNotContain("hunter2", string.Concat(answer.Checks.Select(static check => check.Detail)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_draining_it_is_not_ready_whatever_the_checks_say()
    {
        await using var service = await TestService.StartAsync();
        service.Services.GetRequiredService<Draining>().Start();

        var (status, answer) = await ReadyAsync(service);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining"), (status, answer.Status));
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/health/live")).StatusCode);
    }

    [Fact]
    public async Task A_check_that_hangs_or_throws_only_degrades_where_the_service_can_do_without()
    {
        await using var service = await TestService.StartAsync(static builder =>
        {
            builder.Services.AddReadinessCheck(
                "hangs",
                static async (_, token) =>
                {
                    await Task.Delay(Timeout.Infinite, token);
                    return DependencyHealth.Well;
                },
                required: false);
            builder.Services.AddReadinessCheck("throws", static (_, _) => throw new InvalidOperationException("x"), required: false);
        });

        var (status, answer) = await ReadyAsync(service);

        Assert.Equal((HttpStatusCode.OK, "degraded"), (status, answer.Status));
    }

    [Fact]
    public async Task What_changes_is_logged_once_and_a_start_is_no_alarm()
    {
        var health = DependencyHealth.Unavailable("Not tried yet.");
        var logs = new Logs();
        var time = new ManualTime();
        await using var service = await TestService.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Services.AddReadinessCheck("storage", (_, _) => Task.FromResult(health));
            builder.Logging.AddProvider(logs);
        });

        foreach (var next in (DependencyHealth[])[health, DependencyHealth.Well, DependencyHealth.Unavailable("Gone."), DependencyHealth.Well])
        {
            health = next;
            for (var look = 0; look < 2; look++)
            {
                time.Advance(SharedHealth.Fresh);
                await ReadyAsync(service);
            }
        }

        Assert.Equal(
            ["Information storage is not ready yet: Not tried yet.", "Information storage is ready", "Warning storage is unavailable: Gone.", "Information storage is ready"],
            logs.Lines.Where(static line => line.Contains("storage", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_flood_of_probes_looks_at_a_dependency_once()
    {
        var looks = 0;
        var time = new ManualTime();
        await using var service = await TestService.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Services.AddReadinessCheck("storage", async (_, token) =>
            {
                Interlocked.Increment(ref looks);
                await Task.Delay(50, token);
                return DependencyHealth.Well;
            });
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => ReadyAsync(service)));

        Assert.All(answers, static answer => Assert.Equal("ready", answer.Answer.Status));
        Assert.Equal(1, looks);
        time.Advance(SharedHealth.Fresh);
        await ReadyAsync(service);
        Assert.Equal(2, looks);
    }

    private sealed class Logs : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel} {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }

    private static async Task<(HttpStatusCode Status, HealthAnswer Answer)> ReadyAsync(TestService service)
    {
        using var response = await service.Http.GetAsync("/health/ready");
        return (response.StatusCode, (await response.Content.ReadFromJsonAsync<HealthAnswer>())!);
    }
}
