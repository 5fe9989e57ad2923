namespace Rag.Deploy.Planning.Monitoring;

/// <summary>Writes selectors of PromQL that are about one environment: two of them may share a Prometheus.</summary>
internal sealed class Metrics(string @namespace)
{
    /// <summary>The namespace that they are about.</summary>
    public string Namespace => @namespace;

    /// <summary>Series of a metric.</summary>
    /// <param name="metric">Its name.</param>
    /// <param name="matchers">Such as <c>state="parked"</c>.</param>
    public string this[string metric, params IReadOnlyList<string> matchers] =>
        $"{metric}{{{string.Join(',', matchers.Prepend($"namespace=\"{@namespace}\""))}}}";

    /// <summary>A quantile of a histogram over some minutes.</summary>
    /// <param name="quantile">Such as <c>0.95</c>.</param>
    /// <param name="histogram">Its name without <c>_bucket</c>.</param>
    /// <param name="window">Such as <c>5m</c>.</param>
    /// <param name="by">Labels that are kept, beside <c>namespace</c>.</param>
    /// <param name="matchers">As above.</param>
    public string Quantile(string quantile, string histogram, string window, IReadOnlyList<string>? by = null, params IReadOnlyList<string> matchers) =>
        $"histogram_quantile({quantile}, sum by ({string.Join(", ", (string[])["namespace", .. by ?? [], "le"])}) (rate({this[$"{histogram}_bucket", matchers]}[{window}])))";
}
