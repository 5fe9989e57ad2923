using System.Text;

namespace Rag.Cli;

/// <summary>
/// Makes text from documents fit for a terminal. A document may hold escape sequences that retitle the window, move the cursor or
/// rewrite what stands above; none of them may come through.
/// </summary>
internal static class Printable
{
    /// <summary>The text with line breaks and tabs, every other control character replaced by U+FFFD.</summary>
    public static string Text(string text) => Replace(text, keepLines: true);

    /// <summary>The text on one line: white space becomes one space, control characters U+FFFD.</summary>
    public static string Line(string text) => string.Join(' ', Replace(text, keepLines: true).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Like <see cref="Line"/>, at most <paramref name="length"/> UTF-16 code units, cut between words where there are any.</summary>
    public static string Excerpt(string text, int length)
    {
        var line = Line(text);
        if (line.Length <= length)
        {
            return line;
        }

        var space = line.LastIndexOf(' ', length - 1);
        var cut = space > length / 2 ? space : length - 1;
        if (char.IsHighSurrogate(line[cut - 1]))
        {
            cut--;
        }

        return line[..cut] + "…";
    }

    private static string Replace(string text, bool keepLines)
    {
        if (!text.Any(letter => IsUnwanted(letter, keepLines)))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            clean.Append(IsUnwanted(letter, keepLines) ? '\uFFFD' : letter);
        }

        return clean.ToString();
    }

    private static bool IsUnwanted(char letter, bool keepLines) => char.IsControl(letter) && !(keepLines && letter is '\n' or '\r' or '\t');
}
