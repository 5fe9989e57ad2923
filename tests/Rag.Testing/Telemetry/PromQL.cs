using System.Text.RegularExpressions;

namespace Rag.Testing.Telemetry;

/// <summary>A selector of a query, such as <c>rag_jobs_depth{state="parked"}</c>.</summary>
/// <param name="Metric">Its name.</param>
/// <param name="Matchers">What it chooses series by.</param>
public sealed record PromSelector(string Metric, IReadOnlyList<PromMatcher> Matchers);

/// <summary>One condition of a selector.</summary>
/// <param name="Label">Which label.</param>
/// <param name="Operator"><c>=</c>, <c>!=</c>, <c>=~</c> or <c>!~</c>.</param>
/// <param name="Value">Without its quotes.</param>
public sealed record PromMatcher(string Label, string Operator, string Value);

/// <summary>What a query of PromQL names. It is read as far as that takes, not evaluated: whether it is valid says Prometheus' own tool.</summary>
/// <param name="Selectors">In the order of the text.</param>
/// <param name="Labels">That it groups or joins by.</param>
public sealed partial record PromQL(IReadOnlyList<PromSelector> Selectors, IReadOnlyList<string> Labels)
{
    private static readonly HashSet<string> Words = new(StringComparer.Ordinal) { "and", "or", "unless", "bool", "offset", "inf", "nan", "Inf", "NaN", "start", "end" };
    private static readonly HashSet<string> Groupings = new(StringComparer.Ordinal) { "by", "without", "on", "ignoring", "group_left", "group_right" };

    /// <summary>Reads a query; Grafana's variables stand for numbers and times.</summary>
    /// <exception cref="FormatException">It holds something that is not known here.</exception>
    public static PromQL Read(string query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var tokens = Tokens(query);
        var selectors = new List<PromSelector>();
        var labels = new List<string>();
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            var next = i + 1 < tokens.Count ? tokens[i + 1] : "";
            if (token == "[")
            {
                i = tokens.IndexOf("]", i);
            }
            else if (Groupings.Contains(token) && next == "(")
            {
                var end = tokens.IndexOf(")", i);
                labels.AddRange(tokens[(i + 2)..end].Where(static word => word != ","));
                i = end;
            }
            else if (Name().IsMatch(token) && !Words.Contains(token) && !Groupings.Contains(token) && next is not ("(" or "by" or "without"))
            {
                var matchers = next == "{" ? Matchers(tokens, i + 2) : [];
                selectors.Add(new PromSelector(token, matchers));
                i = next == "{" ? tokens.IndexOf("}", i) : i;
            }
            else if (token == "{")
            {
                throw new FormatException($"A selector without a metric's name: {query}");
            }
        }

        return new PromQL(selectors, labels);
    }

    private static List<PromMatcher> Matchers(List<string> tokens, int at)
    {
        var matchers = new List<PromMatcher>();
        while (tokens[at] != "}")
        {
            if (tokens[at] == ",")
            {
                at++;
                continue;
            }

            matchers.Add(new PromMatcher(tokens[at], tokens[at + 1], Regex.Unescape(tokens[at + 2][1..^1])));
            at += 3;
        }

        return matchers;
    }

    private static List<string> Tokens(string query)
    {
        var tokens = new List<string>();
        for (var at = 0; at < query.Length;)
        {
            var match = Token().Match(query, at);
            if (!match.Success || match.Index != at)
            {
                throw new FormatException($"'{query[at..]}' of the query '{query}' is no PromQL.");
            }

            if (!string.IsNullOrWhiteSpace(match.Value))
            {
                tokens.Add(match.Value);
            }

            at += match.Length;
        }

        return tokens;
    }

    [GeneratedRegex(@"\G(?:\s+|#[^\n]*|""(?:[^""\\]|\\.)*""|'(?:[^'\\]|\\.)*'|\$[A-Za-z_]+|[0-9.]+[a-zA-Z0-9]*|[A-Za-z_:][A-Za-z0-9_:]*|=~|!~|!=|==|>=|<=|[-+*/%^<>=(){}\[\],@:])", RegexOptions.None, 1000)]
    private static partial Regex Token();

    [GeneratedRegex("^[A-Za-z_:][A-Za-z0-9_:]*$", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
