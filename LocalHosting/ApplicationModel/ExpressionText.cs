using System.Globalization;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Collects the text and the holes of an expression.</summary>
internal sealed class ExpressionText
{
    private readonly StringBuilder _format = new();
    private readonly List<ReferenceExpression.Hole> _holes = [];

    public bool IsEmpty => _format.Length == 0;

    public void Literal(string? text)
    {
        foreach (var part in EscapeBraces(text ?? string.Empty))
        {
            _format.Append(part);
        }
    }

    /// <summary>Text that is a composite format already: its braces stand as they are.</summary>
    public void Raw(string? text) => _format.Append(text);

    public void Formatted(string? text, string? format) => Literal(text is null || format is null ? text : Apply(text, format));

    public void Value<T>(T provider, string? format)
        where T : IValueProvider, IManifestExpressionProvider
    {
        _format.Append(CultureInfo.InvariantCulture, $"{{{_holes.Count}}}");
        _holes.Add(new(provider, provider.ValueExpression, format));
    }

    public ReferenceExpression ToExpression() => new(_format.ToString(), _holes);

    /// <summary>Applies a hole's format to its value.</summary>
    /// <exception cref="NotSupportedException">The format is not <c>uri</c>.</exception>
    public static string Apply(string value, string format) => string.Equals(format, "uri", StringComparison.OrdinalIgnoreCase)
        ? Uri.EscapeDataString(value)
        : throw new NotSupportedException($"The format '{format}' is not supported. Supported formats are 'uri' (escapes the value for a URI).");

    // A doubled brace counts as escaped already, as in Aspire: both "{" and "{{" come out as one brace.
    private static IEnumerable<string> EscapeBraces(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is not ('{' or '}'))
            {
                yield return c.ToString();
                continue;
            }

            yield return new string(c, 2);
            if (i + 1 < text.Length && text[i + 1] == c)
            {
                i++;
            }
        }
    }
}
