namespace Rag.Core.Answering;

/// <summary>
/// Finds a quotation in a text whatever its white space, and whether its quotation marks and dashes are plain or typographic: models
/// change these when they copy. Every other character must be the same.
/// </summary>
internal static class QuoteFinder
{
    // Shorter quotations stand in any text and prove nothing. CJK says as much in fewer characters.
    private const int MinLetters = 12;
    private const int MinWideLetters = 4;

    /// <summary>The half-open range of the quotation in <paramref name="text"/>; null when it does not stand there or is too short to tell.</summary>
    public static (int Start, int End)? Find(string text, ReadOnlySpan<char> quote)
    {
        quote = quote.Trim().Trim("\"“”„«»'‘’").Trim();
        var (needle, _) = Simplified(quote);
        var wide = needle.Count(static c => c >= '\u2E80');
        if (needle.Length < MinLetters && wide < MinWideLetters)
        {
            return null;
        }

        var (haystack, places) = Simplified(text);
        var at = haystack.AsSpan().IndexOf(needle.AsSpan());
        if (at < 0)
        {
            return null;
        }

        var (start, end) = (places[at], places[at + needle.Length - 1] + 1);
        // A range that cuts a surrogate pair at either end would not be text.
        return char.IsLowSurrogate(text[start]) || char.IsHighSurrogate(text[end - 1]) ? null : (start, end);
    }

    private static (char[] Characters, int[] Places) Simplified(ReadOnlySpan<char> text)
    {
        var characters = new char[text.Length];
        var places = new int[text.Length];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsWhiteSpace(text[i]))
            {
                characters[count] = Plain(text[i]);
                places[count++] = i;
            }
        }

        return (characters[..count], places[..count]);
    }

    private static char Plain(char c) => c switch
    {
        '“' or '”' or '„' or '«' or '»' => '"',
        '‘' or '’' or '‚' => '\'',
        '–' or '—' or '‑' or '−' => '-',
        _ => c,
    };
}
