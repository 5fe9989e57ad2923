using System.Text.RegularExpressions;

namespace RagPlatform.ServiceDefaults.Problems;

/// <summary>
/// The framework's words for a route or query value that does not fit, as a field error in ours. They look like
/// <code>Failed to bind parameter "Nullable&lt;int&gt; limit" from "abc".</code>
/// </summary>
internal static partial class BindingFailure
{
    private const int MostShown = 60;

    public static ProblemException? Read(string message)
    {
        var match = Pattern().Match(message);
        if (!match.Success)
        {
            return null;
        }

        var value = match.Groups["value"].Value;
        var shown = value.Length <= MostShown ? value : value[..MostShown] + "…";
        var type = match.Groups["type"].Value;
        return ProblemException.Field(match.Groups["name"].Value, $"must be {Word(type.StartsWith("Nullable<", StringComparison.Ordinal) ? type[9..^1] : type)}, but is '{shown}'.");
    }

    private static string Word(string type) => type switch
    {
        "int" or "long" => "a whole number",
        "Guid" => "a UUID",
        "bool" => "true or false",
        "double" => "a number",
        _ => "one of the values that /openapi/v1.json lists",
    };

    [GeneratedRegex("""^Failed to bind parameter "(?<type>\S+) (?<name>\w+)" from "(?<value>.*)"\.$""", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pattern();
}
