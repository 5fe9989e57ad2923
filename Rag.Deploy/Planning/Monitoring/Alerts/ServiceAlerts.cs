using System.Globalization;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Monitoring.Alerts;

/// <summary>What people who search, ask and upload would notice.</summary>
internal static class ServiceAlerts
{
    /// <summary>Probes are asked all the time and say 503 on purpose.</summary>
    public const string WithoutProbes = "http_route!~\"/health.*\"";

    private const string Requests = "http_server_request_duration_seconds_count";
    private const string ServerFaults = "http_response_status_code=~\"5..\"";

    public static IEnumerable<Alert> Of(Metrics m, AlertValues values, IReadOnlyList<string> alwaysRunning)
    {
        if (alwaysRunning.Count > 0)
        {
            yield return new Alert("RagServiceSilent", Severity.Critical, MetricSource.Platform)
            {
                // Every .NET process says how many processors it has; one that says nothing is not there, or the collector is not.
                Expr = string.Join("\nor\n", alwaysRunning.Select(service => $"absent({m["dotnet_process_cpu_count", $"job=\"{service}\""]})")),
                For = "5m",
                Summary = "Nothing is heard of {{ $labels.job }}",
                Description = "No process of {{ $labels.job }} has sent a metric for 5 minutes: it does not run, or its telemetry does not arrive.",
            };
        }

        // Two windows each: the long one says that it matters, the short one that it still goes on. 14.4 times the allowed rate uses up 2 % of
        // a 30 days' budget within an hour, 6 times 5 % within six (https://sre.google/workbook/alerting-on-slos/).
        yield return Burn(m, values, Severity.Critical, factor: 14.4m, longWindow: "1h", shortWindow: "5m", duration: "2m");
        yield return Burn(m, values, Severity.Warning, factor: 6m, longWindow: "6h", shortWindow: "30m", duration: "15m");
        yield return new Alert("RagSearchSlow", Severity.Warning, MetricSource.Platform)
        {
            Expr = $"{m.Quantile("0.95", "rag_search_duration_seconds", "10m")} > {Seconds(values.SearchMilliseconds)}",
            For = "10m",
            Summary = "Searches are slow",
            Description = $"5 of 100 searches take longer than {{{{ $value | humanizeDuration }}}}; {Seconds(values.SearchMilliseconds)} s are allowed.",
        };
        yield return new Alert("RagFirstTokenSlow", Severity.Warning, MetricSource.Platform)
        {
            Expr = $"{m.Quantile("0.95", "rag_ask_first_token_duration_seconds", "10m")} > {Seconds(values.FirstTokenMilliseconds)}",
            For = "10m",
            Summary = "Answers begin late",
            Description = $"5 of 100 answers begin after more than {{{{ $value | humanizeDuration }}}}; {Seconds(values.FirstTokenMilliseconds)} s are allowed.",
        };
        foreach (var (name, dependency, severity, what, effect) in Dependencies)
        {
            yield return new Alert(name, severity, MetricSource.Platform)
            {
                // One process that reaches it is enough: then it is that process's network, not the store.
                Expr = $"max by (namespace, job) ({m["rag_dependency_up", $"dependency=\"{dependency}\""]}) == 0",
                For = "2m",
                Summary = $"{what} is not reached by {{{{ $labels.job }}}}",
                Description = $"No process of {{{{ $labels.job }}}} has reached {what} for 2 minutes. {effect}",
            };
        }
    }

    private static IReadOnlyList<(string Name, string Dependency, Severity Severity, string What, string Effect)> Dependencies { get; } =
    [
        ("RagPostgresUnreachable", "storage", Severity.Critical, "PostgreSQL", "Nothing can be searched, asked or uploaded."),
        ("RagIndexUnreachable", "index", Severity.Critical, "the index", "Searching and asking fail; uploads are kept and wait."),
        ("RagOriginalsUnreachable", "originals", Severity.Critical, "the store of the originals", "Uploads are refused, and documents wait; searching and asking go on."),
        ("RagRedisUnreachable", "cache", Severity.Warning, "Redis", "Everything works, slower, and each process counts its limits for itself."),
    ];

    private static Alert Burn(Metrics m, AlertValues values, Severity severity, decimal factor, string longWindow, string shortWindow, string duration)
    {
        var allowed = (100 - decimal.Parse(values.Availability, CultureInfo.InvariantCulture)) / 100;
        var limit = (factor * allowed).ToString("0.########", CultureInfo.InvariantCulture);
        string Share(string window) =>
            $"sum by (namespace, job) (rate({m[Requests, ServerFaults, WithoutProbes]}[{window}])) / sum by (namespace, job) (rate({m[Requests, WithoutProbes]}[{window}]))";
        return new Alert("RagErrorBudgetBurn", severity, MetricSource.Platform)
        {
            Expr = $"{Share(longWindow)} > {limit}\nand\n{Share(shortWindow)} > {limit}",
            For = duration,
            Summary = "Requests to {{ $labels.job }} fail",
            Description = $"{{{{ $value | humanizePercentage }}}} of the requests to {{{{ $labels.job }}}} failed within {longWindow}; {values.Availability} % are to succeed.",
        };
    }

    private static string Seconds(int milliseconds) => (milliseconds / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
}
