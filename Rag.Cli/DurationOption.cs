using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Rag.Cli;

/// <summary>Times on the command line: <c>500ms</c>, <c>30s</c>, <c>5m</c>.</summary>
internal static partial class DurationOption
{
    /// <summary>An option that takes one; <paramref name="standard"/> is what it is when not given.</summary>
    public static Option<TimeSpan> Create(string name, string description, TimeSpan standard) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = result => Take(result.Tokens[0].Value, name, result.AddError) ?? default,
    };

    /// <summary>An option that may be left out.</summary>
    public static Option<TimeSpan?> Create(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result => Take(result.Tokens[0].Value, name, result.AddError),
    };

    /// <summary>The time; null when the text is none.</summary>
    public static TimeSpan? Parse(string text)
    {
        if (Duration().Match(text) is not { Success: true } match || !double.TryParse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        return match.Groups["unit"].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            _ => TimeSpan.FromMinutes(number),
        };
    }

    private static TimeSpan? Take(string text, string name, Action<string> fault)
    {
        var parsed = Parse(text);
        if (parsed is null)
        {
            fault($"{name} takes a time such as 500ms, 30s or 5m; this is '{text}'.");
        }

        return parsed;
    }

    [GeneratedRegex(@"^(?<number>[0-9]{1,6}(\.[0-9]{1,3})?)(?<unit>ms|s|m)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Duration();
}
