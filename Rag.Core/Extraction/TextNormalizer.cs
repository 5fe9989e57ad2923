using System.Buffers;
using System.Text;

namespace Rag.Core.Extraction;

/// <summary>
/// The one normalisation that stored text undergoes: line ends become <c>\n</c>, NUL and lone surrogates become U+FFFD. PostgreSQL
/// cannot store NUL and UTF-8 cannot carry a lone surrogate; anything more would move the text away from what the document says.
/// </summary>
public static class TextNormalizer
{
    private const char Replacement = '\uFFFD';
    private static readonly SearchValues<char> ToReplace = SearchValues.Create("\0\r");

    /// <summary>Normalises <paramref name="text"/>; returns the same instance when nothing had to change. Idempotent.</summary>
    public static string Normalize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (IsNormalized(text))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\r')
            {
                result.Append('\n');
                if (i + 1 < text.Length && text[i + 1] == '\n')
                {
                    i++;
                }
            }
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                result.Append(c).Append(text[++i]);
            }
            else
            {
                result.Append(c == '\0' || char.IsSurrogate(c) ? Replacement : c);
            }
        }

        return result.ToString();
    }

    /// <summary>Whether <see cref="Normalize"/> would leave the text as it is.</summary>
    public static bool IsNormalized(ReadOnlySpan<char> text)
    {
        if (text.ContainsAny(ToReplace))
        {
            return false;
        }

        while (text.IndexOfAnyInRange('\uD800', '\uDFFF') is var at and >= 0)
        {
            if (!char.IsHighSurrogate(text[at]) || at + 1 >= text.Length || !char.IsLowSurrogate(text[at + 1]))
            {
                return false;
            }

            text = text[(at + 2)..];
        }

        return true;
    }
}
