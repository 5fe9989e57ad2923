using System.Text.Json;
using System.Text.RegularExpressions;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;
using Rag.Testing.Telemetry;

namespace Rag.Deploy.Tests.Monitoring;

public sealed class DashboardTests
{
    private static readonly IReadOnlyList<ConfigMap> Maps = Of("operator");

    public static TheoryData<string> Names => new(Maps.Select(static map => map.Metadata.Name!));

    [Fact]
    public void There_are_four_with_the_label_that_Grafana_looks_for()
    {
        Assert.Equal(
            ["ragplatform-dashboard-answers", "ragplatform-dashboard-infrastructure", "ragplatform-dashboard-ingestion", "ragplatform-dashboard-retrieval"],
            Maps.Select(static map => map.Metadata.Name!).Order(StringComparer.Ordinal));
        Assert.All(Maps, static map => Assert.Equal("1", map.Metadata.Labels!["grafana_dashboard"]));
        Assert.Equal(4, MonitoringPlans.Of("operator, dashboards: { label: dashboards, labelValue: grafana }").Objects.Count(static planned => planned.Object.Metadata.Labels!.GetValueOrDefault("dashboards") == "grafana"));
        Assert.Empty(Of("operator, dashboards: { enabled: false }"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Panels_have_ids_of_their_own_do_not_overlap_and_ask_the_chosen_Prometheus(string name)
    {
        var dashboard = Dashboard(name);
        var panels = dashboard.GetProperty("panels").EnumerateArray().ToList();
        var places = panels.Select(static panel => panel.GetProperty("gridPos")).Select(static p => (X: Int(p, "x"), Y: Int(p, "y"), W: Int(p, "w"), H: Int(p, "h"))).ToList();

        Assert.Equal(panels.Count, panels.Select(static panel => Int(panel, "id")).Distinct().Count());
        Assert.All(places, static place => Assert.InRange(place.X + place.W, 1, 24));
        Assert.All(places, (place, i) => Assert.DoesNotContain(
            places.Skip(i + 1), other => place.X < other.X + other.W && other.X < place.X + place.W && place.Y < other.Y + other.H && other.Y < place.Y + place.H));
        Assert.All(
            panels.Where(static panel => panel.GetProperty("type").GetString() == "timeseries"),
            static panel => Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString()));
        Assert.InRange(dashboard.GetProperty("uid").GetString()!.Length, 1, 40);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_variable_of_a_query_is_one_of_the_dashboard_or_of_Grafana(string name)
    {
        var dashboard = Dashboard(name);
        var known = dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().Select(static variable => "$" + variable.GetProperty("name").GetString()).Append("$__rate_interval").ToHashSet(StringComparer.Ordinal);
        var queries = Queries(dashboard);

        Assert.NotEmpty(queries);
        Assert.All(queries, query =>
        {
            Assert.NotEmpty(PromQL.Read(query.Expr).Selectors);
            Assert.All(PromQL.Read(query.Expr).Selectors, static selector => Assert.Contains(new PromMatcher("namespace", "=", "ragplatform"), selector.Matchers));
            Assert.All(Regex.Matches(query.Expr, @"\$\w+", RegexOptions.None, TimeSpan.FromSeconds(1)), match => Assert.Contains(match.Value, known));
        });
    }

    [PromtoolFact]
    public async Task Prometheus_takes_every_query()
    {
        var folder = Directory.CreateTempSubdirectory("rag-queries-");
        try
        {
            // As rules that record: so its own parser reads them.
            var rules = Maps.SelectMany(static map => Queries(Dashboard(map.Metadata.Name!)))
                .Select(static (query, i) => $"  - record: query:{i}\n    expr: '{query.Expr.Replace("$__rate_interval", "5m", StringComparison.Ordinal).Replace("$input_price", "1", StringComparison.Ordinal).Replace("$output_price", "2", StringComparison.Ordinal)}'\n");
            File.WriteAllText(Path.Combine(folder.FullName, "queries.yaml"), "groups:\n- name: queries\n  rules:\n" + string.Concat(rules));

            Assert.Null(await Promtool.RunAsync(folder.FullName, "check", "rules", "--lint=none", "queries.yaml"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Two_environments_have_dashboards_of_their_own()
    {
        static string Id(string values) => JsonDocument.Parse(Environments.Plan(TestManifest.Platform, ValuesReader.Read([("v.yaml", values)])).Find<ConfigMap>("ragplatform-dashboard-ingestion").Data!["ingestion.json"])
            .RootElement.GetProperty("uid").GetString()!;

        Assert.NotEqual(Id("monitoring: { mode: operator }\nnamespace: staging"), Id("monitoring: { mode: operator }\nnamespace: production"));
    }

    private static IReadOnlyList<ConfigMap> Of(string mode) =>
        [.. MonitoringPlans.Of(mode).Objects.Select(static planned => planned.Object).OfType<ConfigMap>().Where(static map => map.Metadata.Labels!.ContainsKey("grafana_dashboard"))];

    private static JsonElement Dashboard(string name) => JsonDocument.Parse(Assert.Single(Maps.Single(map => map.Metadata.Name == name).Data!).Value).RootElement;

    private static List<(string Panel, string Expr)> Queries(JsonElement dashboard) =>
    [
        .. dashboard.GetProperty("panels").EnumerateArray().Where(static panel => panel.TryGetProperty("targets", out _))
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray().Select(target => (panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!))),
    ];

    private static int Int(JsonElement element, string name) => element.GetProperty(name).GetInt32();
}
