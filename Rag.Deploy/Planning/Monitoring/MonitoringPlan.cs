using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Monitoring.Alerts;
using Rag.Deploy.Planning.Monitoring.Dashboards;
using Rag.Deploy.Values;
using Rag.Deploy.Writing;

namespace Rag.Deploy.Planning.Monitoring;

/// <summary>
/// Whoever watches the platform: a collector that every service sends to, alerts, dashboards, and a Prometheus where the cluster has none.
/// </summary>
internal static class MonitoringPlan
{
    public const string Component = "monitoring";
    public const string RulesFile = "rules.yaml";

    public static IEnumerable<PlannedObject> Of(PlanContext context)
    {
        if (!context.Has(Feature.Monitoring))
        {
            return [];
        }

        var rules = AlertCatalog.Rules(context);
        var objects = CollectorPlan.Of(context).Concat(context.Values.Monitoring.Mode switch
        {
            MonitoringMode.Operator => ForOperator(context, rules),
            MonitoringMode.Bundled => PrometheusPlan.Of(context, rules),
            _ => [new PlannedObject(RuleMap(context, rules), "alerts")],
        });
        return context.Values.Monitoring.Dashboards.Enabled ? objects.Concat(DashboardPlan.Of(context)) : objects;
    }

    /// <summary>The rules as a file, for a Prometheus that reads files.</summary>
    public static ConfigMap RuleMap(PlanContext context, RuleFile rules) => new()
    {
        Metadata = context.Names.Meta(context.Values.Name, Component, $"{context.Values.Name}-alerts"),
        Data = new Labels { [RulesFile] = YamlText.Write([ManifestTree.OfPart(rules)!]) },
    };

    private static IEnumerable<PlannedObject> ForOperator(PlanContext context, RuleFile rules)
    {
        var labels = context.Values.Monitoring.Labels;
        var meta = context.Names.Meta(context.Values.Name, Component);
        yield return new PlannedObject(new PrometheusRule { Metadata = meta with { Labels = meta.Labels!.With(labels) }, Spec = rules }, "alerts");
        var collector = context.Names.Meta(CollectorPlan.Name, Component);
        yield return new PlannedObject(
            new ServiceMonitor
            {
                Metadata = collector with { Labels = collector.Labels!.With(labels) },
                Spec = new ServiceMonitorSpec(
                    new LabelSelector { MatchLabels = context.Names.Selector(CollectorPlan.Name) },
                    [
                        // Job and instance are those of the services, not of the collector that passes their metrics on.
                        new MonitorEndpoint(CollectorPlan.MetricsPortName, "30s") { HonorLabels = true },
                        new MonitorEndpoint(CollectorPlan.OwnMetricsPortName, "30s"),
                    ]),
            },
            "collector");
    }
}
