using System.Globalization;
using System.Text.Json.Nodes;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;

namespace Rag.Deploy.Planning.Monitoring;

/// <summary>The collector's configuration (https://opentelemetry.io/docs/collector/configuration/).</summary>
internal static class CollectorConfig
{
    public const int HealthPort = 13133;

    /// <summary>Share of the pod's memory above which it refuses telemetry instead of being killed with all that it holds.</summary>
    public const int MemoryPercent = 80;

    private const string Head =
        """
        Every service sends here. What cannot be passed on is tried again for five minutes and then counted as lost (otelcol_exporter_send_failed_*,
        otelcol_exporter_enqueue_failed_*); what comes in while memory is short is refused (otelcol_receiver_refused_*), and its sender tries again.
        The alert RagTelemetryDropped is about these counters.
        """;

    public static string Text(PlanContext context)
    {
        var otlp = context.Values.Monitoring.Collector.Otlp;
        var config = new JsonObject
        {
            ["extensions"] = new JsonObject { ["health_check"] = Endpoint(HealthPort) },
            ["receivers"] = new JsonObject
            {
                ["otlp"] = new JsonObject { ["protocols"] = new JsonObject { ["grpc"] = Endpoint(CollectorPlan.GrpcPort), ["http"] = Endpoint(CollectorPlan.HttpPort) } },
            },
            ["processors"] = new JsonObject
            {
                ["memory_limiter"] = new JsonObject { ["check_interval"] = "1s", ["limit_percentage"] = MemoryPercent, ["spike_limit_percentage"] = 20 },
                // The queries of alerts and dashboards are about one namespace, whoever stores the metrics.
                ["attributes/namespace"] = new JsonObject
                {
                    ["actions"] = new JsonArray(new JsonObject { ["key"] = "namespace", ["value"] = context.Values.EffectiveNamespace, ["action"] = "upsert" }),
                },
                ["batch"] = new JsonObject(),
            },
            ["exporters"] = Exporters(otlp),
            ["service"] = new JsonObject
            {
                ["extensions"] = new JsonArray("health_check"),
                ["telemetry"] = Own(),
                ["pipelines"] = new JsonObject
                {
                    ["traces"] = Pipeline([], otlp is null ? ["nop"] : ["otlp_http"]),
                    ["metrics"] = Pipeline(["attributes/namespace"], otlp is { Metrics: true } ? ["prometheus", "otlp_http"] : ["prometheus"]),
                    ["logs"] = Pipeline([], otlp is null ? ["nop"] : ["otlp_http"]),
                },
            },
        };
        return YamlText.Write([config], Head);
    }

    private static JsonObject Exporters(OtlpValues? otlp)
    {
        var exporters = new JsonObject
        {
            // What a process that has ended said last is forgotten after two minutes: longer, and its queue would be counted beside its successor's.
            ["prometheus"] = Endpoint(CollectorPlan.MetricsPort, ("metric_expiration", "2m")),
        };
        if (otlp is null)
        {
            // Nobody takes traces and logs: they are accepted, so that no sender complains, and end here. Logs are on the pods' output.
            exporters["nop"] = new JsonObject();
            return exporters;
        }

        var forward = new JsonObject { ["endpoint"] = otlp.Endpoint };
        if (otlp.AuthorizationSecret is not null)
        {
            forward["headers"] = new JsonObject { ["authorization"] = $"${{file:{CollectorPlan.AuthorizationFile}}}" };
        }

        exporters["otlp_http"] = forward;
        return exporters;
    }

    // Its own metrics keep the names that its documentation has: the defaults of the reader differed between versions.
    private static JsonObject Own() => new()
    {
        ["logs"] = new JsonObject { ["encoding"] = "json" },
        ["metrics"] = new JsonObject
        {
            ["level"] = "normal",
            ["readers"] = new JsonArray(new JsonObject
            {
                ["pull"] = new JsonObject
                {
                    ["exporter"] = new JsonObject
                    {
                        ["prometheus"] = new JsonObject
                        {
                            ["host"] = "0.0.0.0",
                            ["port"] = CollectorPlan.OwnMetricsPort,
                            ["without_scope_info"] = true,
                            ["without_type_suffix"] = true,
                            ["without_units"] = true,
                        },
                    },
                },
            }),
        },
    };

    private static JsonObject Pipeline(string[] between, string[] exporters) => new()
    {
        ["receivers"] = new JsonArray("otlp"),
        ["processors"] = new JsonArray([.. ((string[])["memory_limiter", .. between, "batch"]).Select(static name => (JsonNode)name)]),
        ["exporters"] = new JsonArray([.. exporters.Select(static name => (JsonNode)name)]),
    };

    private static JsonObject Endpoint(int port, params (string Key, string Value)[] more)
    {
        var settings = new JsonObject { ["endpoint"] = string.Create(CultureInfo.InvariantCulture, $"0.0.0.0:{port}") };
        foreach (var (key, value) in more)
        {
            settings[key] = value;
        }

        return settings;
    }
}
