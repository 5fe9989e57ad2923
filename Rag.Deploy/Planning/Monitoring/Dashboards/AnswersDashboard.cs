namespace Rag.Deploy.Planning.Monitoring.Dashboards;

/// <summary>Answers: whether there are any, when they begin, and what they cost.</summary>
internal static class AnswersDashboard
{
    private const string FirstToken = "rag_ask_first_token_duration_seconds";
    private const string Tokens = "gen_ai_client_token_usage";

    public static Dashboard Of(Metrics m) => new(
        "answers",
        "RAG: answers and cost",
        "Do people get answers, how soon, and what does the model cost?",
        [
            new Row("Answers", [
                new Panel("Answers per minute", "short", [new Query($"60 * sum by (outcome) (rate({m["rag_ask_answers_total"]}[$__rate_interval]))", "{{outcome}}")]),
                new Panel("Questions without an answer", "percentunit", [
                    new Query($"sum(rate({m["rag_ask_answers_total", "outcome=\"not_found\""]}[$__rate_interval])) / sum(rate({m["rag_ask_answers_total"]}[$__rate_interval]))", "share"),
                ]) { Description = "The documents do not answer them. Many at once: look at what is asked, and whether the index is behind." },
                new Panel("The model did not answer", "percentunit", [
                    new Query($"sum(rate({m["rag_ask_answers_total", "outcome=~\"fallback|failed\""]}[$__rate_interval])) / sum(rate({m["rag_ask_answers_total"]}[$__rate_interval]))", "share"),
                ]),
            ]),
            new Row("Speed", [
                new Panel("Until an answer begins", "s", [
                    new Query(m.Quantile("0.5", FirstToken, "$__rate_interval"), "50 of 100"),
                    new Query(m.Quantile("0.95", FirstToken, "$__rate_interval"), "95 of 100"),
                ]),
                new Panel("By answerer, 95 of 100", "s", [new Query(m.Quantile("0.95", FirstToken, "$__rate_interval", ["rag_answerer"]), "{{rag_answerer}}")]),
                new Panel("Whole answers, 95 of 100", "s", [
                    new Query(m.Quantile("0.95", "http_server_request_duration_seconds", "$__rate_interval", ["http_route"], "http_route=~\".*/ask|.*/completions\""), "{{http_route}}"),
                ]),
            ]),
            new Row("Cost", [
                new Panel("Tokens per minute", "short", [new Query($"60 * sum by (gen_ai_request_model, gen_ai_token_type) (rate({m[$"{Tokens}_sum"]}[$__rate_interval]))", "{{gen_ai_request_model}} {{gen_ai_token_type}}")]),
                new Panel("Tokens per answer", "short", [
                    new Query($"sum by (gen_ai_token_type) (rate({m[$"{Tokens}_sum"]}[$__rate_interval])) / sum by (gen_ai_token_type) (rate({m[$"{Tokens}_count"]}[$__rate_interval]))", "{{gen_ai_token_type}}"),
                ]),
                new Panel("Cost per day at this rate", "short", [
                    new Query($"{Cost(m, "input", "$input_price")} + {Cost(m, "output", "$output_price")}", "{{gen_ai_request_model}}"),
                ]) { Description = "With the prices above, in their currency." },
            ]),
        ])
    {
        Numbers = [new TypedNumber("input_price", "Price of a million input tokens", "0"), new TypedNumber("output_price", "Price of a million output tokens", "0")],
    };

    private static string Cost(Metrics m, string type, string price) =>
        $"86400 * {price} / 1000000 * sum by (gen_ai_request_model) (rate({m[$"{Tokens}_sum", $"gen_ai_token_type=\"{type}\""]}[1h]))";
}
