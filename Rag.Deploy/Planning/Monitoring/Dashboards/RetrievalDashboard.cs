namespace Rag.Deploy.Planning.Monitoring.Dashboards;

/// <summary>Searching: how fast, and how good as far as it can be seen without judgements.</summary>
internal static class RetrievalDashboard
{
    private const string Duration = "rag_search_duration_seconds";

    public static Dashboard Of(Metrics m) => new(
        "retrieval",
        "RAG: retrieval",
        "Is searching fast, and does it find anything?",
        [
            new Row("Speed", [
                new Panel("Searches per second", "reqps", [new Query($"sum by (rag_search_mode) (rate({m[$"{Duration}_count"]}[$__rate_interval]))", "{{rag_search_mode}}")]),
                new Panel("Time of a search", "s", [
                    new Query(m.Quantile("0.5", Duration, "$__rate_interval"), "50 of 100"),
                    new Query(m.Quantile("0.95", Duration, "$__rate_interval"), "95 of 100"),
                    new Query(m.Quantile("0.99", Duration, "$__rate_interval"), "99 of 100"),
                ]),
                new Panel("Time by mode, 95 of 100", "s", [new Query(m.Quantile("0.95", Duration, "$__rate_interval", ["rag_search_mode"]), "{{rag_search_mode}}")]),
            ]),
            new Row("Quality", [
                new Panel("Searches that find nothing", "percentunit", [
                    new Query($"sum(rate({m["rag_search_empty_total"]}[$__rate_interval])) / sum(rate({m[$"{Duration}_count"]}[$__rate_interval]))", "share"),
                ]),
                new Panel("Best score, median", "short", [new Query(m.Quantile("0.5", "rag_search_top_score", "$__rate_interval", ["rag_search_stage"]), "{{rag_search_stage}}")])
                {
                    Description = "Cosine of the vectors (dense) and BM25 (lexical) of the best passage. Compare it with last week, not one stage with the other.",
                },
                new Panel("Passages per search", "short", [
                    new Query($"sum(rate({m["rag_search_results_sum"]}[$__rate_interval])) / sum(rate({m["rag_search_results_count"]}[$__rate_interval]))", "passages"),
                ]),
            ]),
            new Row("What it depends on", [
                new Panel("Searches on a stale index", "percentunit", [
                    new Query($"sum(rate({m[$"{Duration}_count", "rag_search_stale=\"true\""]}[$__rate_interval])) / sum(rate({m[$"{Duration}_count"]}[$__rate_interval]))", "share"),
                ]),
                new Panel("Texts that were embedded before", "percentunit", [
                    new Query(
                        $"sum by (cache) (rate({m["rag_embedding_lookups_total", "outcome=\"hit\""]}[$__rate_interval])) / sum by (cache) (rate({m["rag_embedding_lookups_total"]}[$__rate_interval]))",
                        "{{cache}}"),
                ]) { Description = "Share that a cache answered: memory of the process, or Redis. The rest went to the model." },
                new Panel("Calls to other servers, 95 of 100", "s", [new Query(m.Quantile("0.95", "http_client_request_duration_seconds", "$__rate_interval", ["server_address"]), "{{server_address}}")]),
            ]),
        ]);
}
