using System.Text.Json;
using System.Text.RegularExpressions;
using Rag.Api.Tests.Support;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning;
using Rag.Deploy.Values;
using Rag.Testing;
using Rag.Testing.Telemetry;

namespace Rag.Api.Tests;

/// <summary>Alerts and dashboards ask for what the services really emit, and the documentation says what that is.</summary>
[Collection(Postgres.Name)]
public sealed partial class MetricsTests(WatchedPlatform platform) : IClassFixture<WatchedPlatform>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // What the collector and Prometheus add: see its configuration, and how service.name and service.instance.id are translated.
    private static readonly string[] AddedLabels = ["namespace", "job", "instance"];

    // Namespaces are not this test's question, the front end is not started here, and server faults and stale searches cannot be had on purpose.
    private static readonly string[] LabelsOfAnyValue = ["namespace", "job", "http_response_status_code", "rag_search_stale"];

    [Fact]
    public async Task Every_query_of_every_alert_and_dashboard_is_about_metrics_and_labels_that_exist()
    {
        var queries = Queries().ToList();
        Assert.InRange(queries.Count, 60, 500);

        var faults = await Eventually.BecomesAsync(() => Task.FromResult(string.Join('\n', Faults(queries))), static found => found.Length == 0, Limit, () => "Queries ask for what nobody emits.");

        Assert.Empty(faults);
    }

    [Fact]
    public async Task The_documented_metrics_are_those_that_are_emitted()
    {
        var documented = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "operations.md"))
            .Select(static line => DocumentedMetric().Match(line)).Where(static match => match.Success)
            .ToDictionary(static match => match.Groups["name"].Value, static match => match.Groups["rest"].Value, StringComparer.Ordinal);
        Assert.InRange(documented.Count, 15, 100);

        await Eventually.BecomesAsync(
            () => Task.FromResult(string.Join(", ", documented.Keys.Except(platform.Metrics.Select(static metric => metric.Name)))),
            static missing => missing.Length == 0,
            Limit,
            static () => "Documented, but not emitted.");
        foreach (var metric in platform.Metrics.Where(static metric => metric.Name.StartsWith("rag.", StringComparison.Ordinal) || metric.Name.StartsWith("gen_ai.", StringComparison.Ordinal)))
        {
            Assert.True(documented.TryGetValue(metric.Name, out var row), $"{metric.Name} is emitted and not documented.");
            Assert.StartsWith($" {(metric.Unit.Length == 0 ? "" : $"{metric.Unit.Trim('{', '}')} ")}|", row, StringComparison.Ordinal);
            Assert.All(metric.Points.SelectMany(static point => point.Keys), key => Assert.Contains($"`{key}`", row, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_threshold_of_an_alert_is_a_bound_of_its_histogram()
    {
        // Between two bounds a quantile is a guess, above the last one it is the last one: an alert beyond it would never be given.
        var rules = Rules().Where(static rule => rule.Expr.StartsWith("histogram_quantile", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, rules.Count);

        foreach (var rule in rules)
        {
            var name = PromQL.Read(rule.Expr).Selectors[0].Metric;
            OtlpMetric? Find() => platform.Metrics.LastOrDefault(metric => PrometheusNames.Of(metric).Contains(name));
            await Eventually.TrueAsync(() => Task.FromResult(Find() is not null), Limit, $"{name} is emitted");
            var threshold = double.Parse(rule.Expr[(rule.Expr.LastIndexOf('>') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Contains(threshold, Find()!.Bounds);
            Assert.True(Find()!.Bounds[^1] > threshold, $"{name}: nothing beyond {threshold} s can be told apart.");
        }
    }

    private IEnumerable<string> Faults(IEnumerable<string> queries)
    {
        var emitted = platform.Metrics.SelectMany(static metric => PrometheusNames.Of(metric).Select(name => (Name: name, Metric: metric)))
            .ToLookup(static pair => pair.Name, static pair => pair.Metric, StringComparer.Ordinal);
        foreach (var query in queries)
        {
            var read = PromQL.Read(query);
            foreach (var selector in read.Selectors)
            {
                var known = LabelsOf(selector.Metric, emitted);
                if (known is null)
                {
                    yield return $"{selector.Metric}: nobody emits it";
                    continue;
                }

                foreach (var matcher in selector.Matchers)
                {
                    if (!known.TryGetValue(matcher.Label, out var values))
                    {
                        yield return $"{selector.Metric}: it has no label '{matcher.Label}', but {string.Join(", ", known.Keys)}";
                    }
                    else if (values is not null && !LabelsOfAnyValue.Contains(matcher.Label) && !Chooses(matcher, values))
                    {
                        yield return $"{selector.Metric}: no '{matcher.Label}' is {matcher.Operator}\"{matcher.Value}\"; there are: {string.Join(", ", values)}";
                    }
                }
            }

            var labels = read.Selectors.SelectMany(selector => LabelsOf(selector.Metric, emitted)?.Keys.AsEnumerable() ?? []).Append("le").ToHashSet(StringComparer.Ordinal);
            foreach (var label in read.Labels.Where(label => !labels.Contains(label)))
            {
                yield return $"no metric has the label '{label}' of: {query}";
            }
        }
    }

    // Labels with the values that were seen; null where somebody else emits the metric.
    private static Dictionary<string, HashSet<string>?>? LabelsOf(string name, ILookup<string, OtlpMetric> emitted)
    {
        if (ForeignMetrics.All.TryGetValue(name, out var foreign))
        {
            return foreign.ToDictionary(static label => label, static _ => (HashSet<string>?)null, StringComparer.Ordinal);
        }

        return !emitted.Contains(name) ? null : emitted[name].SelectMany(static metric => metric.Points).SelectMany(static point => point)
            .GroupBy(static pair => PrometheusNames.Label(pair.Key), static pair => pair.Value, StringComparer.Ordinal)
            .Select(static group => (Label: group.Key, Values: (HashSet<string>?)group.ToHashSet(StringComparer.Ordinal)))
            .Concat(AddedLabels.Select(static label => (Label: label, Values: (HashSet<string>?)null)))
            .ToDictionary(static pair => pair.Label, static pair => pair.Values, StringComparer.Ordinal);
    }

    private static bool Chooses(PromMatcher matcher, HashSet<string> values) => matcher.Operator switch
    {
        "=" => values.Contains(matcher.Value),
        "=~" => values.Any(value => Regex.IsMatch(value, $"^(?:{matcher.Value})$", RegexOptions.None, TimeSpan.FromSeconds(1))),
        _ => true,
    };

    private static IEnumerable<string> Queries() => Rules().Select(static rule => rule.Expr).Concat(
        Plan().OfType<ConfigMap>().Where(static map => map.Metadata.Labels!.ContainsKey("grafana_dashboard")).SelectMany(static map => map.Data!.Values)
            .SelectMany(static text => JsonDocument.Parse(text).RootElement.GetProperty("panels").EnumerateArray())
            .Where(static panel => panel.TryGetProperty("targets", out _))
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
            .Select(static target => target.GetProperty("expr").GetString()!));

    private static IEnumerable<AlertingRule> Rules() => Plan().OfType<PrometheusRule>().Single().Spec.Groups.SelectMany(static group => group.Rules);

    private static IEnumerable<KubernetesObject> Plan()
    {
        var manifest = ManifestReader.ReadFile(Path.Combine(Repository.Root, "tests", "AppHost.Tests", "Publishing", "apphost-manifest.json"));
        var values = ValuesReader.Read([("values.yaml", File.ReadAllText(Path.Combine(Repository.Root, "deploy", "values.yaml"))), ("on.yaml", "monitoring: { mode: operator }")]);
        return Planner.Plan(manifest, values, Planner.Features(values)).Objects.Select(static planned => planned.Object);
    }

    [GeneratedRegex(@"^\| `(?<name>(rag|gen_ai)\.[a-z_.]+)` \|(?<rest>.*)$", RegexOptions.None, 1000)]
    private static partial Regex DocumentedMetric();
}
