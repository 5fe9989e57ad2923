using System.Globalization;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Monitoring.Alerts;

/// <summary>What keeps documents from being found, or would lose them.</summary>
internal static class IngestionAlerts
{
    public static IEnumerable<Alert> Of(Metrics m, AlertValues values)
    {
        yield return new Alert("RagWorkerAbsent", Severity.Critical, MetricSource.Platform)
        {
            Expr = $"max by (namespace) ({m["rag_jobs_unattended"]}) > 0",
            For = "5m",
            Summary = "Documents wait and no worker is there",
            Description = "{{ $value }} documents have been waiting for 5 minutes while no worker lives: nothing that is uploaded can be found.",
        };
        yield return new Alert("RagQueueOld", Severity.Warning, MetricSource.Platform)
        {
            Expr = $"max by (namespace) ({m["rag_jobs_oldest_age_seconds"]}) > {Number(values.QueueMinutes * 60)}",
            For = "5m",
            Summary = "Documents wait long",
            Description = "The oldest waiting document has been in the queue for {{ $value | humanizeDuration }}: what is uploaded is found that much later.",
        };
        yield return new Alert("RagDeadLettersGrowing", Severity.Warning, MetricSource.Platform)
        {
            Expr = $"sum by (namespace) (increase({m["rag_ingest_documents_total", "outcome=\"failed\""]}[1h])) > {Number(values.DeadLettersPerHour)}",
            Summary = "Documents end with the failed work",
            Description = "{{ $value | printf \"%.0f\" }} documents could not be processed within an hour and wait for a person.",
        };
        yield return new Alert("RagIndexLagging", Severity.Warning, MetricSource.Platform)
        {
            Expr = $"max by (namespace) ({m["rag_index_lag_seconds"]}) > {Number(values.IndexLagSeconds)}",
            For = "5m",
            Summary = "The index is behind",
            Description = "The index lacks changes that are {{ $value | humanizeDuration }} old: new documents are not found yet, and searches say that they are stale.",
        };
        yield return new Alert("RagIndexFailing", Severity.Critical, MetricSource.Platform)
        {
            Expr = $"max by (namespace) ({m["rag_index_failing_seconds"]}) > 120",
            For = "1m",
            Summary = "The index cannot be written",
            Description = "Writing to Qdrant has failed for {{ $value | humanizeDuration }}: new documents are not found until it works again. Nothing is lost.",
        };
        yield return new Alert("RagOriginalsDrift", Severity.Critical, MetricSource.Platform)
        {
            Expr = $"sum by (namespace, kind) (increase({m["rag_blobs_drift_total", "kind=~\"missing|damaged\""]}[1h])) > 0",
            Summary = "Originals are {{ $labels.kind }}",
            Description = "{{ $value | printf \"%.0f\" }} originals were found {{ $labels.kind }} within an hour. Their documents can still be searched, but not downloaded or reprocessed.",
        };
        yield return new Alert("RagRowsDrift", Severity.Warning, MetricSource.Platform)
        {
            Expr = $"sum by (namespace, kind) (increase({m["rag_rows_drift_total"]}[1h])) > 0",
            Summary = "Documents' rows did not fit together ({{ $labels.kind }})",
            Description = "{{ $value | printf \"%.0f\" }} documents were found {{ $labels.kind }} within an hour and were queued again. It should never happen.",
        };
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
