using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Monitoring.Alerts;

/// <summary>All alerts, and those that an environment can have: what nobody measures there would be an alarm that is never given.</summary>
internal static class AlertCatalog
{
    /// <summary>Where the pages are while the values name no other place.</summary>
    public const string Runbooks = "docs/runbooks";

    /// <summary>Rules in Prometheus' form, by what they are about.</summary>
    /// <exception cref="ValuesException">An alert that is to be left out does not exist.</exception>
    public static RuleFile Rules(PlanContext context)
    {
        var values = context.Values.Monitoring;
        var metrics = new Metrics(context.Values.EffectiveNamespace);
        (string Name, IReadOnlyList<Alert> Alerts)[] groups =
        [
            ("rag-services", [.. ServiceAlerts.Of(metrics, values.Alerts, AlwaysRunning(context))]),
            ("rag-ingestion", [.. IngestionAlerts.Of(metrics, values.Alerts)]),
            ("rag-cluster", [.. ClusterAlerts.Of(metrics, values.Alerts)]),
        ];
        var known = groups.SelectMany(static group => group.Alerts).Select(static alert => alert.Name).Distinct().ToList();
        if (values.Alerts.Omit.Except(known).FirstOrDefault() is { } unknown)
        {
            throw context.Fault("monitoring.alerts.omit", $"there is no alert '{unknown}'; there are: {string.Join(", ", known)}.");
        }

        return new RuleFile(
            [.. groups.Select(group => new RuleGroup(
                group.Name,
                [.. group.Alerts.Where(alert => IsMeasured(values, alert.From) && !values.Alerts.Omit.Contains(alert.Name)).Select(alert => alert.Rule(values.Runbooks ?? Runbooks))]))]);
    }

    private static bool IsMeasured(MonitoringValues values, MetricSource source) => values.Mode != MonitoringMode.Bundled || source switch
    {
        MetricSource.Platform => true,
        MetricSource.KubeState => values.Prometheus.KubeStateMetrics is not null,
        // It would need rights in the whole cluster, which one namespace's Prometheus must not have.
        _ => false,
    };

    private static List<string> AlwaysRunning(PlanContext context) =>
        [.. context.Services.Where(service => Telemetry.Sends(service) && !MayBeScaledToNone(WorkloadSettings.For(context, service))).Select(static service => Naming.Of(service.Name))];

    private static bool MayBeScaledToNone(WorkloadSettings settings) => settings.QueueScaling is { Min: 0 } || settings.Replicas == 0;
}
