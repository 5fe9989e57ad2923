using System.Globalization;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Monitoring.Alerts;

/// <summary>What the cluster knows and the services do not: pods, claims, jobs, certificates; and the collector itself.</summary>
internal static class ClusterAlerts
{
    private static readonly string[] Signals = ["spans", "metric_points", "log_records"];

    public static IEnumerable<Alert> Of(Metrics m, AlertValues values)
    {
        yield return new Alert("RagServiceDown", Severity.Critical, MetricSource.KubeState)
        {
            // A worker that was scaled to none while nothing waits is not down.
            Expr = $"sum by (namespace, deployment) ({m["kube_deployment_status_replicas_available"]}) == 0\nand\nsum by (namespace, deployment) ({m["kube_deployment_spec_replicas"]}) > 0",
            For = "2m",
            Summary = "{{ $labels.deployment }} is down",
            Description = "No pod of {{ $labels.deployment }} has been available for 2 minutes.",
        };
        yield return new Alert("RagPodNotReady", Severity.Warning, MetricSource.KubeState)
        {
            // Pods of finished jobs are not ready either, and need not be.
            Expr = $"sum by (namespace, pod) ({m["kube_pod_status_ready", "condition=\"true\""]}) == 0\nand\nsum by (namespace, pod) ({m["kube_pod_status_phase", "phase=~\"Pending|Running\""]}) == 1",
            For = "10m",
            Summary = "{{ $labels.pod }} is not ready",
            Description = "{{ $labels.pod }} has not been ready for 10 minutes: it cannot be scheduled, its image cannot be fetched, or what it needs is away.",
        };
        yield return new Alert("RagContainerRestarting", Severity.Warning, MetricSource.KubeState)
        {
            Expr = $"sum by (namespace, pod, container) (increase({m["kube_pod_container_status_restarts_total"]}[15m])) > 2",
            Summary = "{{ $labels.container }} in {{ $labels.pod }} restarts again and again",
            Description = "{{ $labels.container }} in {{ $labels.pod }} was restarted {{ $value | printf \"%.0f\" }} times within 15 minutes.",
        };
        yield return new Alert("RagAutoscalerAtMaximum", Severity.Warning, MetricSource.KubeState)
        {
            Expr = $"sum by (namespace, horizontalpodautoscaler) ({m["kube_horizontalpodautoscaler_status_desired_replicas"]})\n>=\nsum by (namespace, horizontalpodautoscaler) ({m["kube_horizontalpodautoscaler_spec_max_replicas"]})",
            For = "30m",
            Summary = "{{ $labels.horizontalpodautoscaler }} is at its maximum",
            Description = "{{ $labels.horizontalpodautoscaler }} has wanted {{ $value }} pods, which is all that it may have, for 30 minutes: more load makes everything slower.",
        };
        yield return new Alert("RagBackupTooOld", Severity.Critical, MetricSource.KubeState)
        {
            // One that has never succeeded counts from when it was made.
            Expr = $"""
                time() - (
                  max by (namespace, cronjob) ({m["kube_cronjob_status_last_successful_time", "cronjob=~\".+-backup\""]})
                  or
                  max by (namespace, cronjob) ({m["kube_cronjob_created", "cronjob=~\".+-backup\""]})
                ) > {Number(values.BackupHours * 3600)}
                """,
            Summary = "{{ $labels.cronjob }} has not succeeded lately",
            Description = "The last copy by {{ $labels.cronjob }} is {{ $value | humanizeDuration }} old. What was added since would be lost with the database.",
        };
        yield return new Alert("RagClaimNearlyFull", Severity.Warning, MetricSource.Cluster)
        {
            Expr = $"min by (namespace, persistentvolumeclaim) ({m["kubelet_volume_stats_available_bytes"]} / {m["kubelet_volume_stats_capacity_bytes"]}) < {(values.ClaimFreePercent / 100m).ToString(CultureInfo.InvariantCulture)}",
            For = "15m",
            Summary = "{{ $labels.persistentvolumeclaim }} is nearly full",
            Description = "{{ $value | humanizePercentage }} of {{ $labels.persistentvolumeclaim }} are free. When it is full the store stops taking writes.",
        };
        yield return new Alert("RagCertificateExpiring", Severity.Warning, MetricSource.Cluster)
        {
            Expr = $"min by (namespace, name) ({m["certmanager_certificate_expiration_timestamp_seconds"]}) - time() < {Number(values.CertificateDays * 86400)}",
            For = "1h",
            Summary = "The certificate {{ $labels.name }} ends soon",
            Description = "The certificate {{ $labels.name }} ends in {{ $value | humanizeDuration }} and should have been renewed by now. After that no browser opens the platform.",
        };
        yield return new Alert("RagTelemetryDropped", Severity.Warning, MetricSource.Platform)
        {
            Expr = string.Join("\nor\n", (string[])
            [
                .. Failures("otelcol_exporter_send_failed", "exporter"),
                .. Failures("otelcol_exporter_enqueue_failed", "exporter"),
                .. Failures("otelcol_receiver_refused", "receiver"),
            ]),
            For = "5m",
            Summary = "The collector loses telemetry",
            Description = "The collector lost or refused {{ $value | printf \"%.0f\" }} records within 10 minutes: graphs and traces have holes, alerts may come late.",
        };

        IEnumerable<string> Failures(string counter, string component) =>
            Signals.Select(signal => $"sum by (namespace, {component}) (increase({m[$"{counter}_{signal}"]}[10m])) > 0");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
