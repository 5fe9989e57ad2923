using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Rag.Api.Tests.Support;
using Rag.Testing;

namespace Rag.Api.Tests;

/// <summary>What only the real process shows: signals, exit codes, the environment's OpenTelemetry settings.</summary>
[Collection(Postgres.Name)]
public sealed class ProcessTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task On_SIGTERM_it_is_not_ready_at_once_and_serves_until_the_delay_is_over()
    {
        await using var api = await StartAsync(("Rag__Shutdown__Delay", "00:00:04"));
        using var http = new HttpClient { BaseAddress = api.BaseAddress };
        var stopping = api.TerminateAsync(Limit);

        await Eventually.TrueAsync(
            async () =>
            {
                using var health = await http.GetAsync("/health/ready");
                return health.StatusCode == HttpStatusCode.ServiceUnavailable && (string?)(await Json.ReadAsync(health))["status"] == "draining";
            },
            TimeSpan.FromSeconds(3),
            "the service says that it is draining");
        using (var fresh = new HttpClient { BaseAddress = api.BaseAddress })
        {
            fresh.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiHost.Key);
            Assert.Equal(HttpStatusCode.OK, (await fresh.GetAsync("/v1/collections")).StatusCode);
        }

        await stopping;
        Assert.True(api.HasExited);
    }

    [Fact]
    public async Task A_wrong_configuration_stops_the_start_with_every_problem()
    {
        await using var api = ServiceProcess.Start("Rag.Api", "rag-api", new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = "Host=127.0.0.1;Database=nothing",
            ["Rag__Auth__BootstrapKey"] = "too-short-and-secret",
            ["Rag__Blobs__MaxFileMiB"] = "lots",
            ["Rag__Storage__Migrate"] = "sometimes",
            ["Rag__Limits__Speed"] = "9",
            ["Rag__Telepathy__On"] = "true",
        });

        await Eventually.TrueAsync(() => Task.FromResult(api.HasExited), Limit, "the process has ended");
        // The last lines are read asynchronously.
        await Eventually.TrueAsync(() => Task.FromResult(api.Output.Contains("Rag:Telepathy", StringComparison.Ordinal)), Limit, $"it said what is wrong, but it said: {api.Output}");
        foreach (var part in (string[])["Rag:Auth:BootstrapKey = (not shown)", "Rag:Blobs:MaxFileMiB = 'lots'", "'sometimes' is not valid; allowed: auto, check", "Rag:Limits:Speed is unknown", "Rag:Telepathy is unknown"])
        {
            Assert.Contains(part, api.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("too-short-and-secret", api.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Traces_metrics_and_logs_leave_by_OTLP()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var api = await StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "200"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
            ("OTEL_SERVICE_NAME", "renamed-api"));
        using var http = new HttpClient { BaseAddress = api.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiHost.Key);
        await http.GetAsync("/v1/collections");

        await Eventually.TrueAsync(
            () => Task.FromResult(collector.Paths.IsSupersetOf(["/v1/traces", "/v1/metrics", "/v1/logs"])), Limit, "all three signals arrived");
        await Eventually.TrueAsync(
            () => Task.FromResult(collector.Contains("/v1/traces", "GET /v1/collections") && collector.Contains("/v1/traces", "renamed-api")), Limit, "the request's span arrived under its name");
        await Eventually.TrueAsync(
            () => Task.FromResult(collector.Contains("/v1/metrics", "http.server.request.duration")), Limit, "the request was measured");
        Assert.False(collector.Contains("/v1/traces", "/health/ready"));
    }

    [Fact]
    public async Task Over_gRPC_too()
    {
        await using var collector = await OtlpCollector.StartAsync(HttpProtocols.Http2);
        await using var api = await StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "200"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"));
        using var http = new HttpClient { BaseAddress = api.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiHost.Key);
        await http.GetAsync("/v1/collections");

        const string root = "/opentelemetry.proto.collector";
        await Eventually.TrueAsync(
            () => Task.FromResult(collector.Paths.IsSupersetOf(
                [$"{root}.trace.v1.TraceService/Export", $"{root}.metrics.v1.MetricsService/Export", $"{root}.logs.v1.LogsService/Export"])),
            Limit,
            "all three signals arrived");
        await Eventually.TrueAsync(
            () => Task.FromResult(collector.Contains($"{root}.trace.v1.TraceService/Export", "GET /v1/collections")), Limit, "the request's span arrived");
    }

    [Fact]
    public async Task A_good_start_shows_nothing_alarming()
    {
        await using var api = await StartAsync();

        Assert.DoesNotContain("\"LogLevel\":\"Error\"", api.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\"LogLevel\":\"Warning\"", api.Output, StringComparison.Ordinal);
    }

    private async Task<ServiceProcess> StartAsync(params (string Name, string Value)[] settings)
    {
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = await postgres.CreateDatabaseAsync(),
            ["Rag__Auth__BootstrapKey"] = ApiHost.Key,
            ["Rag__Blobs__Path"] = Path.Combine(Path.GetTempPath(), $"rag-api-blobs-{Guid.NewGuid():N}"),
        };
        foreach (var (name, value) in settings)
        {
            environment[name] = value;
        }

        var process = ServiceProcess.Start("Rag.Api", "rag-api", environment);
        await process.WaitUntilOkAsync("/health/ready", Limit);
        return process;
    }
}
