using System.Text;
using System.Text.RegularExpressions;

namespace Rag.Deploy.AppModel.Expressions;

/// <summary>A piece of a text of the manifest.</summary>
internal abstract record Segment;

/// <summary>What stands there as it is.</summary>
internal sealed record LiteralSegment(string Text) : Segment;

/// <summary><c>{resource.property}</c>: something to look up.</summary>
/// <param name="Resource">The part before the first dot.</param>
/// <param name="Property">The rest, such as <c>bindings.http.url</c>.</param>
internal sealed record ReferenceSegment(string Resource, string Property) : Segment
{
    public override string ToString() => $"{{{Resource}.{Property}}}";
}

/// <summary>
/// Takes texts of the manifest apart, for example <c>Host={postgres.bindings.tcp.host};Options={{fast}}</c>. Doubled braces stand for one.
/// Braces around anything that is not shaped like a reference stay as they are, because JSON and format strings hold such too; a text that
/// has any is not escaped at all, so its doubled braces are meant as well (<c>{"a":{"b":1}}</c>).
/// </summary>
internal static partial class ExpressionText
{
    /// <summary>The segments of a text, literals joined.</summary>
    public static IReadOnlyList<Segment> Parse(string text) => Split(text, escaped: !HasLoneBrace(text));

    private static List<Segment> Split(string text, bool escaped)
    {
        var segments = new List<Segment>();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length;)
        {
            if (escaped && IsDoubled(text, i))
            {
                literal.Append(text[i]);
                i += 2;
            }
            else if (ReferenceAt(text, i) is { } found)
            {
                Flush();
                segments.Add(new ReferenceSegment(found.Groups["resource"].Value, found.Groups["property"].Value));
                i += found.Length;
            }
            else
            {
                literal.Append(text[i]);
                i++;
            }
        }

        Flush();
        return segments;

        void Flush()
        {
            if (literal.Length > 0)
            {
                segments.Add(new LiteralSegment(literal.ToString()));
                literal.Clear();
            }
        }
    }

    private static bool HasLoneBrace(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            if (IsDoubled(text, i))
            {
                i += 2;
            }
            else if (ReferenceAt(text, i) is { } found)
            {
                i += found.Length;
            }
            else if (text[i] is '{' or '}')
            {
                return true;
            }
            else
            {
                i++;
            }
        }

        return false;
    }

    private static bool IsDoubled(string text, int at) => text[at] is '{' or '}' && at + 1 < text.Length && text[at + 1] == text[at];

    private static Match? ReferenceAt(string text, int at) => text[at] == '{' && Reference().Match(text, at) is { Success: true } found ? found : null;

    // Resource names of Aspire: ASCII letters, digits and hyphens. Names of endpoints may hold underscores.
    [GeneratedRegex(@"\G\{(?<resource>[A-Za-z][A-Za-z0-9-]*)\.(?<property>[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Reference();
}
