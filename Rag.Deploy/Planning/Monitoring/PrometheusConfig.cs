using System.Globalization;
using System.Text.Json.Nodes;
using Rag.Deploy.Writing;

namespace Rag.Deploy.Planning.Monitoring;

/// <summary>The configuration of the bundled Prometheus (https://prometheus.io/docs/prometheus/latest/configuration/configuration/).</summary>
internal static class PrometheusConfig
{
    public const string File = "prometheus.yml";

    /// <summary>Beside its configuration and not within: a ConfigMap is mounted as a whole folder.</summary>
    public const string RulesFolder = "/etc/prometheus-rules";

    public static string Text(PlanContext context)
    {
        var values = context.Values.Monitoring.Prometheus;
        var scrape = new JsonArray(
            // Job and instance are those of the services, not of the collector that passes their metrics on.
            Job("services", Address(CollectorPlan.Name, CollectorPlan.MetricsPort), context, honorsLabels: true),
            Job(CollectorPlan.Name, Address(CollectorPlan.Name, CollectorPlan.OwnMetricsPort), context),
            Job(PrometheusPlan.Name, Address("localhost", PrometheusPlan.Port), context));
        if (values.KubeStateMetrics is { } kubeState)
        {
            // It knows of every namespace; the one that a metric is about is its own label.
            scrape.Add(Job("kube-state-metrics", kubeState, context, honorsLabels: true));
        }

        var config = new JsonObject
        {
            ["global"] = new JsonObject { ["scrape_interval"] = "30s", ["evaluation_interval"] = "30s" },
            ["rule_files"] = new JsonArray($"{RulesFolder}/{MonitoringPlan.RulesFile}"),
            ["scrape_configs"] = scrape,
        };
        if (values.Alertmanager is { } alertmanager)
        {
            config["alerting"] = new JsonObject { ["alertmanagers"] = new JsonArray(new JsonObject { ["static_configs"] = new JsonArray(new JsonObject { ["targets"] = new JsonArray(alertmanager) }) }) };
        }

        return YamlText.Write([config]);
    }

    private static JsonObject Job(string name, string target, PlanContext context, bool honorsLabels = false)
    {
        var job = new JsonObject { ["job_name"] = name };
        if (honorsLabels)
        {
            job["honor_labels"] = true;
        }

        job["static_configs"] = new JsonArray(new JsonObject
        {
            ["targets"] = new JsonArray(target),
            ["labels"] = new JsonObject { ["namespace"] = context.Values.EffectiveNamespace },
        });
        return job;
    }

    private static string Address(string host, int port) => string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
}
