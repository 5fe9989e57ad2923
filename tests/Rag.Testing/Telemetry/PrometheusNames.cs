using System.Text.RegularExpressions;

namespace Rag.Testing.Telemetry;

/// <summary>
/// What the collector calls a metric and its attributes when Prometheus scrapes it
/// (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/).
/// </summary>
public static partial class PrometheusNames
{
    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["s"] = "seconds", ["ms"] = "milliseconds", ["us"] = "microseconds", ["ns"] = "nanoseconds", ["By"] = "bytes", ["%"] = "percent",
    };

    /// <summary>Names of the series of a metric: one, or three of a histogram.</summary>
    public static IReadOnlyList<string> Of(OtlpMetric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        var words = metric.Name.Split(['.', '_', '-'], StringSplitOptions.RemoveEmptyEntries).ToList();
        // A unit in braces is an annotation and no unit.
        var unit = metric.Unit == "1" ? (metric.Kind == MetricKind.Gauge ? "ratio" : null) : Units.GetValueOrDefault(metric.Unit) ?? Annotation().Replace(metric.Unit, "");
        if (!string.IsNullOrEmpty(unit) && !words.Contains(unit))
        {
            words.Add(unit);
        }

        if (metric.Kind == MetricKind.Counter)
        {
            words.Remove("total");
            words.Add("total");
        }

        var name = string.Join('_', words);
        return metric.Kind == MetricKind.Histogram ? [$"{name}_bucket", $"{name}_sum", $"{name}_count"] : [name];
    }

    /// <summary>The label of an attribute.</summary>
    public static string Label(string attribute) => Other().Replace(attribute, "_");

    [GeneratedRegex("[^A-Za-z0-9_]", RegexOptions.None, 1000)]
    private static partial Regex Other();

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.None, 1000)]
    private static partial Regex Annotation();
}
