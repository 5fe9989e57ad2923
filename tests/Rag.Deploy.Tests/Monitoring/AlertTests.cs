using System.Text.RegularExpressions;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Values;
using Rag.Testing;

namespace Rag.Deploy.Tests.Monitoring;

public sealed partial class AlertTests : IDisposable
{
    private static readonly string Runbooks = Path.Combine(Repository.Root, "docs", "runbooks");
    private static readonly string Cases = Path.Combine(Repository.Root, "tests", "Rag.Deploy.Tests", "Monitoring", "Rules");

    private readonly string _folder = Directory.CreateTempSubdirectory("rag-rules-").FullName;

    public static TheoryData<string> Names => new(Alerts);

    private static IEnumerable<string> Alerts => Rules("operator").Select(static rule => rule.Alert).Distinct().Order(StringComparer.Ordinal);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_alert_has_its_page_and_each_page_its_alert() =>
        Assert.Equal(Alerts, NamesIn(Runbooks, "*.md"));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_page_says_what_it_means_what_people_notice_where_to_look_what_to_do_and_when_it_is_over(string alert)
    {
        var page = File.ReadAllText(Path.Combine(Runbooks, $"{alert}.md"));

        Assert.StartsWith($"# {alert}\n", page, StringComparison.Ordinal);
        Assert.Equal(
            ["What it means", "What people notice", "Where to look", "What to do", "When it is over"],
            Heading().Matches(page).Select(static match => match.Groups[1].Value));
        Assert.All(Heading().Split(page).Skip(2).Where(static (_, i) => i % 2 == 0), static text => Assert.InRange(text.Trim().Length, 20, 2000));
        Assert.Contains("\nkubectl -n NAMESPACE ", page, StringComparison.Ordinal);
        Assert.All(Link().Matches(page).Select(static match => match.Groups[1].Value), target => Assert.True(File.Exists(Path.Combine(Runbooks, target)), $"{alert}.md refers to {target}."));
    }

    [Fact]
    public void Each_alert_is_tried_firing_and_not_firing()
    {
        Assert.Equal(Alerts, NamesIn(Cases, "*.yaml"));
        Assert.All(Directory.EnumerateFiles(Cases), static file =>
        {
            var text = File.ReadAllText(file);
            Assert.Contains("exp_alerts:\n    - exp_labels:", text, StringComparison.Ordinal);
            Assert.Contains("exp_alerts: []\n", text, StringComparison.Ordinal);
            Assert.All(TriedAlert().Matches(text).Select(static match => match.Groups[1].Value), alert => Assert.Equal(Path.GetFileNameWithoutExtension(file), alert));
        });
    }

    [PromtoolTheory]
    [MemberData(nameof(Names))]
    public async Task It_fires_and_does_not_fire_as_its_cases_say(string alert)
    {
        WriteRules("operator");
        File.Copy(Path.Combine(Cases, $"{alert}.yaml"), Path.Combine(_folder, $"{alert}.yaml"));

        Assert.Null(await Promtool.RunAsync(_folder, "test", "rules", $"{alert}.yaml"));
    }

    [PromtoolTheory]
    [InlineData("operator")]
    [InlineData("bundled")]
    [InlineData("external")]
    public async Task Prometheus_takes_the_rules_of_every_mode(string mode)
    {
        WriteRules(mode);

        Assert.Null(await Promtool.RunAsync(_folder, "check", "rules", "rules.yaml"));
    }

    [Fact]
    public void Whoever_is_told_is_told_how_soon_and_where_to_read_on()
    {
        var rules = Rules("operator");

        Assert.InRange(rules.Count, 20, 100);
        Assert.All(rules, static rule =>
        {
            Assert.Contains(rule.Labels["severity"], (string[])["critical", "warning"]);
            Assert.Equal($"docs/runbooks/{rule.Alert}.md", rule.Annotations["runbook_url"]);
            Assert.InRange(rule.Annotations["summary"].Length, 10, 80);
            Assert.EndsWith(".", rule.Annotations["description"], StringComparison.Ordinal);
            // Two environments may share a Prometheus.
            Assert.All(Metric().Matches(rule.Expr), static match => Assert.StartsWith("{namespace=\"ragplatform\"", match.Groups[1].Value, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void What_nobody_measures_is_not_promised()
    {
        var all = Rules("operator").Select(static rule => rule.Alert).ToHashSet(StringComparer.Ordinal);
        var bundled = Rules("bundled").Select(static rule => rule.Alert).ToHashSet(StringComparer.Ordinal);
        var withState = Rules("bundled, prometheus: { kubeStateMetrics: kube-state-metrics.kube-system:8080 }").Select(static rule => rule.Alert).ToHashSet(StringComparer.Ordinal);

        Assert.Contains("RagSearchSlow", bundled);
        Assert.Contains("RagTelemetryDropped", bundled);
        Assert.DoesNotContain("RagServiceDown", bundled);
        Assert.Contains("RagServiceDown", withState);
        Assert.Equal(["RagCertificateExpiring", "RagClaimNearlyFull"], all.Except(withState).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_values_decide_from_when_on_where_to_read_and_what_is_left_out()
    {
        var rules = Rules("operator, runbooks: https://git.example.com/rag/, alerts: { searchMilliseconds: 250, availability: '99.9', queueMinutes: 1, omit: [ RagRowsDrift ] }");

        Assert.EndsWith(" > 0.25", rules.Single(static rule => rule.Alert == "RagSearchSlow").Expr, StringComparison.Ordinal);
        Assert.EndsWith(" > 60", rules.Single(static rule => rule.Alert == "RagQueueOld").Expr, StringComparison.Ordinal);
        Assert.EndsWith(" > 0.0144", rules.First(static rule => rule.Alert == "RagErrorBudgetBurn").Expr, StringComparison.Ordinal);
        Assert.Equal("https://git.example.com/rag/RagQueueOld.md", rules.Single(static rule => rule.Alert == "RagQueueOld").Annotations["runbook_url"]);
        Assert.DoesNotContain(rules, static rule => rule.Alert == "RagRowsDrift");
    }

    [Fact]
    public void An_unknown_alert_cannot_be_left_out()
    {
        var fault = Assert.Throws<ValuesException>(() => Rules("operator, alerts: { omit: [ RagEverything ] }"));

        Assert.StartsWith("on.yaml:1: monitoring.alerts.omit: there is no alert 'RagEverything'; there are: RagServiceSilent, ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_may_be_scaled_to_none_may_be_silent()
    {
        var expr = Environments.Plan(
            TestManifest.Platform,
            ValuesReader.Read([("v.yaml", "monitoring: { mode: operator }\nservices: { rag-ingest: { queue: { store: postgres, database: ragdb, query: select 1 }, queueScaling: { min: 0 } } }")]))
            .Find<PrometheusRule>("ragplatform").Spec.Groups[0].Rules[0].Expr;

        Assert.Contains("job=\"rag-api\"", expr, StringComparison.Ordinal);
        Assert.DoesNotContain("rag-ingest", expr, StringComparison.Ordinal);
    }

    private static IEnumerable<string> NamesIn(string folder, string pattern) => Directory.EnumerateFiles(folder, pattern).Select(Path.GetFileNameWithoutExtension).OfType<string>().Order(StringComparer.Ordinal);

    private static IReadOnlyList<AlertingRule> Rules(string mode) => MonitoringPlans.Rules(mode);

    private void WriteRules(string mode) => File.WriteAllText(Path.Combine(_folder, "rules.yaml"), MonitoringPlans.RulesFile(mode));

    [GeneratedRegex("^## (.+)$", RegexOptions.Multiline, 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\((Rag[A-Za-z]+\.md)\)", RegexOptions.None, 1000)]
    private static partial Regex Link();

    [GeneratedRegex("alertname: (.+)$", RegexOptions.Multiline, 1000)]
    private static partial Regex TriedAlert();

    [GeneratedRegex(@"[a-z_]+(\{[^}]*\})", RegexOptions.None, 1000)]
    private static partial Regex Metric();
}
