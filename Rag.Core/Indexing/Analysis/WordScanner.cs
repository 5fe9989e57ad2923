using System.Globalization;
using System.Text;

namespace Rag.Core.Indexing.Analysis;

/// <summary>
/// Finds words: runs of letters, digits and marks, after the rules of Unicode Standard Annex 29 with three choices of our own.
/// A full stop joins only single letters (<c>U.S.A.</c>), so that <c>readme.txt</c> stays two words; an underscore separates; and a run
/// of a script written without spaces is reported as such, to be cut into bigrams.
/// </summary>
internal ref struct WordScanner(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _position;

    /// <summary>First code unit of the current word.</summary>
    public int Start { get; private set; }

    /// <summary>One past its last.</summary>
    public int End { get; private set; }

    /// <summary>Whether it is a run without spaces between its words.</summary>
    public bool IsUnspaced { get; private set; }

    public bool MoveNext()
    {
        while (_position < _text.Length)
        {
            var kind = KindAt(_position, out var width);
            if (kind is Kind.Letter or Kind.Digit or Kind.Unspaced)
            {
                Start = _position;
                IsUnspaced = kind == Kind.Unspaced;
                End = IsUnspaced ? EndOfRun(_position + width) : EndOfWord(_position + width, kind);
                _position = End;
                return true;
            }

            _position += width;
        }

        return false;
    }

    /// <summary>Whether the character belongs to a script that is written without spaces between words (or, as Hangul, is searched by parts of words).</summary>
    internal static bool IsUnspacedScript(int c) =>
        c >= 0x0E00 && (c <= 0x0EFF // Thai, Lao
            || c is (>= 0x1000 and <= 0x109F) or (>= 0x1100 and <= 0x11FF) // Myanmar, Hangul jamo
                or (>= 0x1780 and <= 0x17FF) // Khmer
                or (>= 0x3005 and <= 0x3007) or (>= 0x3041 and <= 0x312F and not 0x30FB) // iteration marks, kana without its middle dot, bopomofo
                or (>= 0x3131 and <= 0x318E) or (>= 0x31F0 and <= 0x31FF)
                or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF)
                or (>= 0xAC00 and <= 0xD7AF) or (>= 0xF900 and <= 0xFAFF) or (>= 0xFF66 and <= 0xFF9F)
                or (>= 0x20000 and <= 0x3FFFF));

    private readonly int EndOfRun(int position)
    {
        while (position < _text.Length && KindAt(position, out var width) is Kind.Unspaced or Kind.Mark)
        {
            position += width;
        }

        return position;
    }

    private readonly int EndOfWord(int position, Kind last)
    {
        var letters = 1;
        while (position < _text.Length)
        {
            var kind = KindAt(position, out var width);
            switch (kind)
            {
                case Kind.Letter or Kind.Digit:
                    letters++;
                    last = kind;
                    position += width;
                    continue;
                case Kind.Mark:
                    position += width;
                    continue;
            }

            if (position + width >= _text.Length || !Joins(_text[position], last, letters, KindAt(position + width, out var next)))
            {
                break;
            }

            // "U.S. Army": the stop joins only a letter that stands alone on its other side too.
            if (_text[position] == '.' && last == Kind.Letter && position + width + next < _text.Length
                && KindAt(position + width + next, out _) is Kind.Letter or Kind.Digit or Kind.Mark)
            {
                break;
            }

            position += width;
            letters = 0;
        }

        return position;
    }

    private static bool Joins(char c, Kind before, int letters, Kind after) => c switch
    {
        '\'' or '\u2019' => before == Kind.Letter && after == Kind.Letter,
        '.' => (before == Kind.Digit && after == Kind.Digit) || (before == Kind.Letter && after == Kind.Letter && letters == 1),
        ',' => before == Kind.Digit && after == Kind.Digit,
        _ => false,
    };

    private readonly Kind KindAt(int index, out int width)
    {
        var c = _text[index];
        width = 1;
        if (char.IsAscii(c))
        {
            return char.IsAsciiLetter(c) ? Kind.Letter : char.IsAsciiDigit(c) ? Kind.Digit : Kind.Other;
        }

        if (char.IsHighSurrogate(c) && index + 1 < _text.Length && char.IsLowSurrogate(_text[index + 1]))
        {
            width = 2;
            var rune = new Rune(c, _text[index + 1]);
            return IsUnspacedScript(rune.Value) ? Kind.Unspaced : Of(Rune.GetUnicodeCategory(rune));
        }

        return IsUnspacedScript(c) ? Kind.Unspaced : Of(CharUnicodeInfo.GetUnicodeCategory(c));
    }

    private static Kind Of(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber => Kind.Letter,
        UnicodeCategory.DecimalDigitNumber => Kind.Digit,
        // Format characters such as the soft hyphen stand inside words and are dropped with the marks.
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.Format => Kind.Mark,
        _ => Kind.Other,
    };

    private enum Kind
    {
        Other,
        Letter,
        Digit,
        Mark,
        Unspaced,
    }
}
