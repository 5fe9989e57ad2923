using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Dashboard;

/// <summary>Where services send their telemetry, and the key that lets them.</summary>
internal sealed record OtlpTarget(string Endpoint, string Protocol, string? ApiKey)
{
    // On a developer's machine one wants to see a span now, not when a batch is full.
    private const string Milliseconds = "1000";

    /// <summary>The variables of the OpenTelemetry specification for one instance of a service.</summary>
    public IEnumerable<ResolvedVariable> Variables(string serviceName, string instanceId)
    {
        yield return new("OTEL_EXPORTER_OTLP_ENDPOINT", Endpoint, IsSensitive: false);
        yield return new("OTEL_EXPORTER_OTLP_PROTOCOL", Protocol, IsSensitive: false);
        if (ApiKey is not null)
        {
            yield return new("OTEL_EXPORTER_OTLP_HEADERS", $"x-otlp-api-key={ApiKey}", IsSensitive: true);
        }

        yield return new("OTEL_SERVICE_NAME", serviceName, IsSensitive: false);
        yield return new("OTEL_RESOURCE_ATTRIBUTES", $"service.instance.id={instanceId}", IsSensitive: false);
        yield return new("OTEL_BLRP_SCHEDULE_DELAY", Milliseconds, IsSensitive: false);
        yield return new("OTEL_BSP_SCHEDULE_DELAY", Milliseconds, IsSensitive: false);
        yield return new("OTEL_METRIC_EXPORT_INTERVAL", Milliseconds, IsSensitive: false);
        yield return new("OTEL_TRACES_SAMPLER", "always_on", IsSensitive: false);
        yield return new("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based", IsSensitive: false);
    }
}
