using Rag.Deploy.Planning.Monitoring.Alerts;

namespace Rag.Deploy.Planning.Monitoring.Dashboards;

/// <summary>Processes, stores and pods.</summary>
internal static class InfrastructureDashboard
{
    private const string Requests = "http_server_request_duration_seconds";

    public static Dashboard Of(Metrics m) => new(
        "infrastructure",
        "RAG: infrastructure",
        "Are the services well, and have they what they need?",
        [
            new Row("Requests", [
                new Panel("Per second", "reqps", [new Query($"sum by (job) (rate({m[$"{Requests}_count", ServiceAlerts.WithoutProbes]}[$__rate_interval]))", "{{job}}")]),
                new Panel("Failed", "percentunit", [
                    new Query(
                        $"sum by (job) (rate({m[$"{Requests}_count", "http_response_status_code=~\"5..\"", ServiceAlerts.WithoutProbes]}[$__rate_interval])) / sum by (job) (rate({m[$"{Requests}_count", ServiceAlerts.WithoutProbes]}[$__rate_interval]))",
                        "{{job}}"),
                ]),
                new Panel("Time by route, 95 of 100", "s", [new Query($"topk(10, {m.Quantile("0.95", Requests, "$__rate_interval", ["job", "http_route"], ServiceAlerts.WithoutProbes)})", "{{job}} {{http_route}}")]),
            ]),
            new Row("What the services reach", [
                new Panel("Dependencies", "short", [new Query($"min by (job, dependency) ({m["rag_dependency_up"]})", "{{job}} {{dependency}}")]) { Description = "1: every process reaches it. 0: at least one does not." },
                new Panel("Statements to PostgreSQL, 95 of 100", "s", [new Query(m.Quantile("0.95", "db_client_operation_duration_seconds", "$__rate_interval", ["job"]), "{{job}}")]),
                new Panel("Connections to PostgreSQL", "short", [new Query($"sum by (job, db_client_connection_state) ({m["db_client_connection_count"]})", "{{job}} {{db_client_connection_state}}")]),
            ]),
            new Row("Processes", [
                new Panel("Memory", "bytes", [new Query($"{m["dotnet_process_memory_working_set_bytes"]}", "{{instance}}")]),
                new Panel("Processors in use", "short", [new Query($"sum by (instance) (rate({m["dotnet_process_cpu_time_seconds_total"]}[$__rate_interval]))", "{{instance}}")]),
                new Panel("Pauses of the garbage collector", "percentunit", [new Query($"sum by (instance) (rate({m["dotnet_gc_pause_time_seconds_total"]}[$__rate_interval]))", "{{instance}}")]),
            ]),
            new Row("Pods", [
                new Panel("Available", "short", [new Query($"sum by (deployment) ({m["kube_deployment_status_replicas_available"]})", "{{deployment}}")]),
                new Panel("Autoscalers, share of their maximum", "percentunit", [
                    new Query($"sum by (horizontalpodautoscaler) ({m["kube_horizontalpodautoscaler_status_desired_replicas"]}) / sum by (horizontalpodautoscaler) ({m["kube_horizontalpodautoscaler_spec_max_replicas"]})", "{{horizontalpodautoscaler}}"),
                ]),
                new Panel("Restarts per hour", "short", [new Query($"sum by (pod) (increase({m["kube_pod_container_status_restarts_total"]}[1h])) > 0", "{{pod}}")]),
                new Panel("Claims, used", "percentunit", [
                    new Query($"1 - min by (persistentvolumeclaim) ({m["kubelet_volume_stats_available_bytes"]} / {m["kubelet_volume_stats_capacity_bytes"]})", "{{persistentvolumeclaim}}"),
                ]),
                new Panel("Processor time refused", "percentunit", [
                    new Query($"sum by (pod) (rate({m["container_cpu_cfs_throttled_periods_total"]}[$__rate_interval])) / sum by (pod) (rate({m["container_cpu_cfs_periods_total"]}[$__rate_interval]))", "{{pod}}"),
                ]) { Description = "Share of the time slices in which a pod hit its limit." },
                new Panel("Telemetry lost or refused per minute", "short", [
                    new Query($"60 * sum by (exporter) (rate({m["otelcol_exporter_send_failed_metric_points"]}[$__rate_interval]))", "metrics {{exporter}}"),
                    new Query($"60 * sum by (exporter) (rate({m["otelcol_exporter_send_failed_spans"]}[$__rate_interval]))", "traces {{exporter}}"),
                    new Query($"60 * sum by (exporter) (rate({m["otelcol_exporter_send_failed_log_records"]}[$__rate_interval]))", "logs {{exporter}}"),
                    new Query($"60 * sum by (receiver) (rate({m["otelcol_receiver_refused_metric_points"]}[$__rate_interval]))", "refused {{receiver}}"),
                ]),
            ]),
        ]);
}
