using Rag.Deploy.Kubernetes;

namespace Rag.Deploy.Planning.Monitoring.Dashboards;

/// <summary>Dashboards as ConfigMaps, which the sidecar of Grafana's charts collects by their label.</summary>
internal static class DashboardPlan
{
    public static IEnumerable<PlannedObject> Of(PlanContext context)
    {
        var values = context.Values.Monitoring.Dashboards;
        var metrics = new Metrics(context.Values.EffectiveNamespace);
        foreach (var dashboard in (Dashboard[])[IngestionDashboard.Of(metrics), RetrievalDashboard.Of(metrics), AnswersDashboard.Of(metrics), InfrastructureDashboard.Of(metrics)])
        {
            var meta = context.Names.Meta(context.Values.Name, MonitoringPlan.Component, $"{context.Values.Name}-dashboard-{dashboard.Slug}");
            yield return new PlannedObject(
                new ConfigMap
                {
                    Metadata = meta with { Labels = meta.Labels!.With([new(values.Label, values.LabelValue)]) },
                    Data = new Labels { [$"{dashboard.Slug}.json"] = DashboardJson.Text(dashboard, metrics.Namespace) },
                },
                "dashboards");
        }
    }
}
