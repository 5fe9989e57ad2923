using Rag.Testing.Telemetry;

namespace Rag.Deploy.Tests.Monitoring;

public sealed class PromQLTests
{
    [Theory]
    [InlineData("up", "up")]
    [InlineData("max(rag_jobs_unattended{}) > 0", "rag_jobs_unattended")]
    [InlineData("histogram_quantile(0.95, sum by (namespace, le) (rate(a_bucket{x=\"y\"}[5m])))", "a_bucket")]
    [InlineData("time() - (max by (j) (a) or max by (j) (b offset 1h))", "a b")]
    [InlineData("86400 * $input_price / 1000000 * sum(rate(tokens_sum[$__rate_interval])) # cost", "tokens_sum")]
    [InlineData("a / on (pod) group_left (node) b unless ignoring (c) d == bool 1e3", "a b d")]
    [InlineData("sum(rate(job:requests:rate5m[1h:1m])) @ end()", "job:requests:rate5m")]
    [InlineData("label_replace(up, \"x\", \"$1\", 'y', '(.*)')", "up")]
    public void Metrics_are_found_and_nothing_else(string query, string metrics) =>
        Assert.Equal(metrics.Split(' '), PromQL.Read(query).Selectors.Select(static selector => selector.Metric));

    [Fact]
    public void Matchers_and_labels_are_found_with_what_stands_in_quotes()
    {
        var query = PromQL.Read("sum by (job, le) (rate(requests_count{namespace=\"a\", code=~\"5..|\\\"{},\", route!~'/health.*'}[5m])) / on (job) group_left (pod) info");

        Assert.Equal([new("namespace", "=", "a"), new("code", "=~", "5..|\"{},"), new("route", "!~", "/health.*")], query.Selectors[0].Matchers);
        Assert.Empty(query.Selectors[1].Matchers);
        Assert.Equal(["job", "le", "job", "pod"], query.Labels);
    }

    [Theory]
    [InlineData("a ? b")]
    [InlineData("{__name__=\"a\"}")]
    [InlineData("a{b=\"c}")]
    public void What_is_not_understood_is_no_query_without_metrics(string query) => Assert.Throws<FormatException>(() => PromQL.Read(query));

    [Theory]
    [InlineData("rag.index.lag", "s", MetricKind.Gauge, "rag_index_lag_seconds")]
    [InlineData("rag.jobs.depth", "{job}", MetricKind.Gauge, "rag_jobs_depth")]
    [InlineData("rag.blobs.drift", "{original}", MetricKind.Counter, "rag_blobs_drift_total")]
    [InlineData("dotnet.process.cpu.time", "s", MetricKind.Counter, "dotnet_process_cpu_time_seconds_total")]
    [InlineData("dotnet.process.memory.working_set", "By", MetricKind.UpDownCounter, "dotnet_process_memory_working_set_bytes")]
    [InlineData("share", "1", MetricKind.Gauge, "share_ratio")]
    [InlineData("a.total", "", MetricKind.Counter, "a_total")]
    [InlineData("a.seconds", "s", MetricKind.Gauge, "a_seconds")]
    [InlineData("rag.search.duration", "s", MetricKind.Histogram, "rag_search_duration_seconds_bucket rag_search_duration_seconds_sum rag_search_duration_seconds_count")]
    public void Names_are_those_that_Prometheus_sees(string name, string unit, MetricKind kind, string expected) =>
        Assert.Equal(expected.Split(' '), PrometheusNames.Of(new OtlpMetric("rag-api", name, unit, kind, [], [])));
}
