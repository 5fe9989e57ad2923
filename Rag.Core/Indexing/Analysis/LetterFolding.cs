using System.Globalization;

namespace Rag.Core.Indexing.Analysis;

/// <summary>
/// Brings a word to one spelling: lower case, no accents, ligatures and full-width forms taken apart. Done by our own table because
/// the platform's normalisation is not there in invariant globalisation mode, and stored terms must not depend on it.
/// </summary>
internal static class LetterFolding
{
    // Lower-case letters of Latin-1 Supplement from U+00E0 and of Latin Extended-A from U+0100, by their base letters; '?' marks what stays.
    private const string Latin1 = "aaaaaa?ceeeeiiii?nooooo?ouuuuy?y";
    private const string ExtendedA =
        "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkk?lllllllllln"
        + "nnnnnnnnoooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

    /// <summary>Writes the folded word and returns its length; never longer than <paramref name="target"/>, the rest is cut.</summary>
    /// <param name="word">As in the text.</param>
    /// <param name="target">Receives the folded word.</param>
    /// <param name="keepUmlauts">Leaves ä, ö and ü for a stemmer that knows them.</param>
    public static int Fold(ReadOnlySpan<char> word, Span<char> target, bool keepUmlauts)
    {
        var length = 0;
        foreach (var raw in word)
        {
            if (length == target.Length)
            {
                break;
            }

            var c = char.ToLowerInvariant(raw);
            if (c < 0x80)
            {
                // Only between single letters: U.S.A. is usa, while 3.14 keeps its point.
                if (c != '.' || (length > 0 && char.IsAsciiDigit(target[length - 1])))
                {
                    target[length++] = c;
                }
            }
            else if (c is >= '\u0300' and <= '\u036F')
            {
                Compose(target, length, c, keepUmlauts);
            }
            else if (Expansion(c) is { } expansion)
            {
                foreach (var part in expansion)
                {
                    if (length < target.Length)
                    {
                        target[length++] = part;
                    }
                }
            }
            else if (CharUnicodeInfo.GetUnicodeCategory(c) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format))
            {
                target[length++] = FoldOne(c, keepUmlauts);
            }
        }

        return length;
    }

    private static char FoldOne(char c, bool keepUmlauts)
    {
        if (keepUmlauts && c is 'ä' or 'ö' or 'ü')
        {
            return c;
        }

        return c switch
        {
            '\u2019' => '\'',
            'ё' => 'е',
            >= '\u00E0' and <= '\u00FF' => Base(Latin1[c - 0xE0], c),
            >= '\u0100' and <= '\u017F' => Base(ExtendedA[c - 0x100], c),
            >= '\uFF01' and <= '\uFF5E' => char.ToLowerInvariant((char)(c - 0xFEE0)),
            _ => c,
        };
    }

    private static char Base(char folded, char original) => folded == '?' ? original : folded;

    private static string? Expansion(char c) => c switch
    {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ĳ' => "ij",
        '\uFB00' => "ff",
        '\uFB01' => "fi",
        '\uFB02' => "fl",
        '\uFB03' => "ffi",
        '\uFB04' => "ffl",
        '\uFB05' or '\uFB06' => "st",
        _ => null,
    };

    // A combining mark is dropped, as its precomposed letter would lose it, except where that letter is one of its own.
    private static void Compose(Span<char> target, int length, char mark, bool keepUmlauts)
    {
        if (length == 0)
        {
            return;
        }

        ref var last = ref target[length - 1];
        last = (last, mark) switch
        {
            ('и', '\u0306') => 'й',
            ('a', '\u0308') when keepUmlauts => 'ä',
            ('o', '\u0308') when keepUmlauts => 'ö',
            ('u', '\u0308') when keepUmlauts => 'ü',
            _ => last,
        };
    }
}
