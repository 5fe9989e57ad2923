namespace Rag.Deploy.Planning.Monitoring.Dashboards;

/// <summary>From the upload to the index.</summary>
internal static class IngestionDashboard
{
    public static Dashboard Of(Metrics m) => new(
        "ingestion",
        "RAG: ingestion",
        "Do documents become searchable, how fast, and what keeps them from it?",
        [
            new Row("Queue", [
                new Panel("Jobs by state", "short", [new Query($"max by (state) ({m["rag_jobs_depth"]})", "{{state}}")]) { Description = "Parked ones wait for a person: rag jobs list." },
                new Panel("Oldest waiting document", "s", [new Query($"max({m["rag_jobs_oldest_age_seconds"]})", "age")]),
                new Panel("Documents without a worker", "short", [new Query($"max({m["rag_jobs_unattended"]})", "waiting")]) { Description = "What waits while no worker lives; 0 is right." },
            ]),
            new Row("Work", [
                new Panel("Documents per minute", "short", [new Query($"60 * sum by (outcome) (rate({m["rag_ingest_documents_total"]}[$__rate_interval]))", "{{outcome}}")]),
                new Panel("Time of a stage, 95 of 100", "s", [new Query(m.Quantile("0.95", "rag_ingest_stage_duration_seconds", "$__rate_interval", ["stage"]), "{{stage}}")]),
                new Panel("Busy workers by stage", "short", [new Query($"sum by (stage) (rate({m["rag_ingest_stage_duration_seconds_sum"]}[$__rate_interval]))", "{{stage}}")])
                {
                    Description = "Seconds of work per second: how many documents are in a stage at the same time.",
                },
            ]),
            new Row("Index", [
                new Panel("Behind the database", "s", [new Query($"max by (job) ({m["rag_index_lag_seconds"]})", "{{job}}")]),
                new Panel("Not writable", "s", [new Query($"max({m["rag_index_failing_seconds"]})", "since")]),
                new Panel("Points put right per hour", "short", [new Query($"sum by (kind) (increase({m["rag_index_drift_total"]}[1h]))", "{{kind}}")]),
            ]),
            new Row("What should never differ", [
                new Panel("Originals missing or damaged", "short", [new Query($"max by (kind) ({m["rag_blobs_faulty"]})", "{{kind}}")]),
                new Panel("Originals found per hour", "short", [new Query($"sum by (kind) (increase({m["rag_blobs_drift_total"]}[1h]))", "{{kind}}")]),
                new Panel("Documents found per hour", "short", [new Query($"sum by (kind) (increase({m["rag_rows_drift_total"]}[1h]))", "{{kind}}")]),
            ]),
        ]);
}
