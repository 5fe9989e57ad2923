using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace ServiceDefaults.Tests;

/// <summary>What the gauges rely on: one that says nothing any more is not exported with its last value for ever.</summary>
public sealed class SilentGaugeTests
{
    [Fact]
    public void A_gauge_that_says_nothing_any_more_is_not_exported()
    {
        var exporter = new Names();
        using var meter = new Meter($"test-{Guid.NewGuid():N}");
        var speaks = true;
        meter.CreateObservableGauge("gauge", () => speaks ? [new Measurement<int>(7)] : Array.Empty<Measurement<int>>());
        using var reader = new BaseExportingMetricReader(exporter);
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(meter.Name).AddReader(reader).Build();

        provider.ForceFlush();
        Assert.Equal(["gauge"], exporter.Last);
        speaks = false;
        provider.ForceFlush();
        Assert.Empty(exporter.Last);
    }

    private sealed class Names : BaseExporter<Metric>
    {
        public List<string> Last { get; private set; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            Last = [];
            foreach (var metric in batch)
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    Last.Add(metric.Name);
                }
            }

            return ExportResult.Success;
        }
    }
}
