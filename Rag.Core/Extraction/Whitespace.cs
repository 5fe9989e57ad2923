using System.Text;

namespace Rag.Core.Extraction;

/// <summary>White space as HTML and XML see it: space, tab, line feed, form feed, carriage return. A no-break space is none.</summary>
internal static class Whitespace
{
    public static bool IsCollapsible(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f';

    /// <summary>Every run of white space becomes one space.</summary>
    public static string Collapse(string text)
    {
        var clean = true;
        for (var i = 0; i < text.Length && clean; i++)
        {
            clean = !IsCollapsible(text[i]) || (text[i] == ' ' && (i + 1 == text.Length || !IsCollapsible(text[i + 1])));
        }

        if (clean)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        AppendCollapsed(result, text);
        return result.ToString();
    }

    /// <summary>Appends with every run of white space as one space, also across what was appended before.</summary>
    public static void AppendCollapsed(StringBuilder target, ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!IsCollapsible(c))
            {
                target.Append(c);
            }
            else if (target.Length == 0 || !IsCollapsible(target[^1]))
            {
                target.Append(' ');
            }
        }
    }
}
