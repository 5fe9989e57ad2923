using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Rag.Testing;
using RagPlatform.ServiceDefaults.Health;

namespace ServiceDefaults.Tests;

/// <summary>What readiness checks found is told as a metric as well.</summary>
public sealed class DependencyTelemetryTests
{
    [Fact]
    public async Task Each_dependency_is_one_or_zero_as_the_last_probe_found_it_until_nobody_has_asked_for_a_minute()
    {
        var time = new ManualTime();
        var cache = DependencyHealth.Degraded("Redis is away.");
        await using var service = await TestService.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(time);
            builder.Services.AddReadinessCheck("storage", static (_, _) => Task.FromResult(DependencyHealth.Well));
            builder.Services.AddReadinessCheck("cache", (_, _) => Task.FromResult(cache));
        });
        Assert.Empty(Measured(service));

        await service.Http.GetAsync("/health/ready");
        Assert.Equal([("cache", 0), ("storage", 1)], Measured(service));

        cache = DependencyHealth.Well;
        time.Advance(TimeSpan.FromSeconds(5));
        await service.Http.GetAsync("/health/ready");
        Assert.Equal([("cache", 1), ("storage", 1)], Measured(service));

        // Nobody asks any more: what it was is not what it is.
        time.Advance(TimeSpan.FromSeconds(61));
        Assert.Empty(Measured(service));
    }

    private static List<(string Dependency, int Up)> Measured(TestService service)
    {
        var own = service.Services.GetRequiredService<DependencyTelemetry>();
        var measured = new List<(string, int)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, into) =>
        {
            if (ReferenceEquals(instrument.Meter, own.Meter))
            {
                into.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => measured.Add(((string)tags[0].Value!, value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return [.. measured.OrderBy(static one => one.Item1, StringComparer.Ordinal)];
    }
}
