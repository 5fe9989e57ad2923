namespace Rag.Core.Chunking;

/// <summary>
/// Cuts text into sentences by rules: terminators of Latin, CJK, Arabic, Devanagari and other scripts, with closing quotes and
/// brackets; not after abbreviations, initials and list numbers, nor inside numbers and addresses. An empty line always ends a
/// sentence, and so does a line end before a list marker. Linear time.
/// </summary>
public static class SentenceSplitter
{
    private const int LookAhead = 16;

    /// <summary>
    /// The sentences of <paramref name="text"/>, ascending, not overlapping, without white space at either end; every character that
    /// is not white space lies in exactly one. Offsets are those of <paramref name="text"/> plus <paramref name="offset"/>.
    /// </summary>
    public static IReadOnlyList<TextSpan> Split(ReadOnlySpan<char> text, int offset = 0)
    {
        var sentences = new List<TextSpan>();
        var start = SkipSpace(text, 0);
        var i = start;
        while (i < text.Length)
        {
            var end = EndAt(text, start, i, out var next);
            if (end >= 0)
            {
                Add(sentences, text, start, end, offset);
                start = next = SkipSpace(text, next);
            }

            i = next;
        }

        Add(sentences, text, start, text.Length, offset);
        return sentences;
    }

    /// <summary>
    /// One past the sentence's last character if it ends at <paramref name="at"/>, else -1; <paramref name="next"/> always lies beyond
    /// <paramref name="at"/>.
    /// </summary>
    private static int EndAt(ReadOnlySpan<char> text, int start, int at, out int next)
    {
        var c = text[at];
        next = at + 1;
        if (c == '\n')
        {
            return EndsAtLine(text, at, out next) ? at : -1;
        }

        var isWide = IsWideTerminator(c);
        if (!isWide && !IsTerminator(c))
        {
            return -1;
        }

        while (next < text.Length && (IsTerminator(text[next]) || IsWideTerminator(text[next])))
        {
            next++;
        }

        var marks = next - at;
        while (next < text.Length && IsClosing(text[next]))
        {
            next++;
        }

        if (next == text.Length)
        {
            return next;
        }

        if (isWide)
        {
            return next; // CJK writes no space between sentences
        }

        if (!char.IsWhiteSpace(text[next]))
        {
            return -1; // 3.5, example.org, "really?!" she
        }

        return c == '.' && marks == 1 && GoesOn(text, start, at, next) ? -1 : next;
    }

    private static bool EndsAtLine(ReadOnlySpan<char> text, int at, out int next)
    {
        next = at + 1;
        var lines = 1;
        while (next < text.Length && char.IsWhiteSpace(text[next]))
        {
            lines += text[next] == '\n' ? 1 : 0;
            next++;
        }

        return lines > 1 || (next + 1 < text.Length && text[next] is '-' or '*' or '•' or '–' && text[next + 1] == ' ');
    }

    /// <summary>Whether the full stop at <paramref name="dot"/> belongs to an abbreviation, an initial or a number.</summary>
    private static bool GoesOn(ReadOnlySpan<char> text, int start, int dot, int afterClosing)
    {
        var following = afterClosing;
        while (following < text.Length && following - afterClosing < LookAhead && char.IsWhiteSpace(text[following]))
        {
            following++;
        }

        if (following < text.Length && char.IsLower(text[following]))
        {
            return true;
        }

        var wordStart = dot;
        while (wordStart > start && dot - wordStart < Abbreviations.Longest + 1 && (char.IsLetterOrDigit(text[wordStart - 1]) || text[wordStart - 1] == '.'))
        {
            wordStart--;
        }

        var word = text[wordStart..dot];
        if (word.Length == 0)
        {
            return false;
        }

        if (word.Length == 1 && char.IsUpper(word[0]))
        {
            return true; // J. Smith
        }

        if (IsNumber(word))
        {
            // "1. Open the lid": the number opens the sentence. "am 3. Oktober": an ordinal before a month.
            return wordStart == start || Abbreviations.StartsWithMonth(text[following..]);
        }

        return Abbreviations.Contains(word, nextIsDigit: following < text.Length && char.IsAsciiDigit(text[following]));
    }

    private static bool IsNumber(ReadOnlySpan<char> word) => word.Length <= 3 && !word.ContainsAnyExceptInRange('0', '9');

    private static int SkipSpace(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsTerminator(char c) => c is '.' or '!' or '?' or '…' or '\u061F' or '\u06D4' // Arabic question mark and full stop
        or '\u0964' or '\u0965' // danda, double danda
        or '\u0589' or '\u1362' or '\u104A' or '\u104B' or '\u17D4'; // Armenian, Ethiopic, Burmese, Khmer

    private static bool IsWideTerminator(char c) => c is '。' or '！' or '？' or '｡' or '．';

    private static bool IsClosing(char c) => c is ')' or ']' or '}' or '"' or '\'' or '”' or '’' or '»' or '›'
        or '」' or '』' or '）' or '】' or '》' or '〉';

    private static void Add(List<TextSpan> sentences, ReadOnlySpan<char> text, int start, int end, int offset)
    {
        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        if (end > start)
        {
            sentences.Add(new TextSpan(offset + start, offset + end));
        }
    }
}
