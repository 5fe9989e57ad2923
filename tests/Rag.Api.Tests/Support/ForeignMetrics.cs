namespace Rag.Api.Tests.Support;

/// <summary>
/// Metrics that alerts and dashboards ask for and that no process of ours emits: who does, and with which labels, as their documentation says.
/// Nothing else may be asked for unseen.
/// </summary>
internal static class ForeignMetrics
{
    private static readonly string[] Pod = ["namespace", "pod"];

    /// <summary>Labels by name.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> All { get; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        // kube-state-metrics: what the API server says of objects
        // (https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics).
        ["kube_deployment_status_replicas_available"] = ["namespace", "deployment"],
        ["kube_deployment_spec_replicas"] = ["namespace", "deployment"],
        ["kube_pod_status_ready"] = [.. Pod, "condition"],
        ["kube_pod_status_phase"] = [.. Pod, "phase"],
        ["kube_pod_container_status_restarts_total"] = [.. Pod, "container"],
        ["kube_horizontalpodautoscaler_status_desired_replicas"] = ["namespace", "horizontalpodautoscaler"],
        ["kube_horizontalpodautoscaler_spec_max_replicas"] = ["namespace", "horizontalpodautoscaler"],
        ["kube_cronjob_status_last_successful_time"] = ["namespace", "cronjob"],
        ["kube_cronjob_created"] = ["namespace", "cronjob"],

        // The kubelet: what only the node sees, volumes and, by cAdvisor, processor time
        // (https://kubernetes.io/docs/reference/instrumentation/metrics/).
        ["kubelet_volume_stats_available_bytes"] = ["namespace", "persistentvolumeclaim"],
        ["kubelet_volume_stats_capacity_bytes"] = ["namespace", "persistentvolumeclaim"],
        ["container_cpu_cfs_throttled_periods_total"] = [.. Pod, "container"],
        ["container_cpu_cfs_periods_total"] = [.. Pod, "container"],

        // cert-manager, where it makes the certificates (https://cert-manager.io/docs/devops-tips/prometheus-metrics/).
        ["certmanager_certificate_expiration_timestamp_seconds"] = ["namespace", "name"],

        // The collector about itself; its configuration keeps the names of its documentation
        // (https://opentelemetry.io/docs/collector/internal-telemetry/).
        ["otelcol_exporter_send_failed_spans"] = ["namespace", "exporter"],
        ["otelcol_exporter_send_failed_metric_points"] = ["namespace", "exporter"],
        ["otelcol_exporter_send_failed_log_records"] = ["namespace", "exporter"],
        ["otelcol_exporter_enqueue_failed_spans"] = ["namespace", "exporter"],
        ["otelcol_exporter_enqueue_failed_metric_points"] = ["namespace", "exporter"],
        ["otelcol_exporter_enqueue_failed_log_records"] = ["namespace", "exporter"],
        ["otelcol_receiver_refused_spans"] = ["namespace", "receiver"],
        ["otelcol_receiver_refused_metric_points"] = ["namespace", "receiver"],
        ["otelcol_receiver_refused_log_records"] = ["namespace", "receiver"],
    };
}
