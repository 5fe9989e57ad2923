using System.Buffers;
using System.Globalization;
using System.Text;

namespace Rag.Core.Answering;

/// <summary>What a reader takes for a citation: a number in brackets, however it is written.</summary>
internal static class MarkerText
{
    // Square, lenticular and tortoise-shell brackets. Not round ones, which stand for those of a source, and not angle and corner
    // ones, which are quotation marks: a book may be called 《1984》.
    private const string Opening = "[［【〔〖〘〚⟦⟬⁅❲⦋⦍⦏⦗︗︹︻﹇﹝";
    private const string Closing = "]］】〕〗〙〛⟧⟭⁆❳⦌⦎⦐⦘︘︺︼﹈﹞";

    private static readonly SearchValues<char> Brackets = SearchValues.Create(Opening + Closing + MarkerFilter.Checked);

    public static bool IsOpening(char c) => Opening.Contains(c, StringComparison.Ordinal);

    public static bool IsClosing(char c) => Closing.Contains(c, StringComparison.Ordinal);

    /// <summary>What the text within brackets is so far; any beginning of a marker's text is <see cref="Within.Blank"/> or <see cref="Within.Marker"/>.</summary>
    // Samples:  4   ^1   2, 3   4:0†source   1†L3-L5   **7**   9|a quotation
    public static Within Read(ReadOnlySpan<char> inside)
    {
        var hasNumber = false;
        // A word may stand after a separator: the end of a range, or a source's name.
        var mayBeWord = false;
        var isInWord = false;
        foreach (var rune in inside.EnumerateRunes())
        {
            if (hasNumber && rune.Value is '|' or '†' or '‡')
            {
                // What follows is a quotation or the name of a source.
                return HoldsBracket(inside) ? Within.Other : Within.Marker;
            }

            if (hasNumber && IsSeparator(rune))
            {
                (mayBeWord, isInWord) = (true, false);
            }
            else if (Rune.IsNumber(rune))
            {
                hasNumber = true;
            }
            else if (Rune.IsLetter(rune) && (mayBeWord || isInWord))
            {
                (mayBeWord, isInWord) = (false, true);
            }
            else if (IsSilent(rune))
            {
                isInWord &= !Rune.IsWhiteSpace(rune);
            }
            else
            {
                return Within.Other;
            }
        }

        return hasNumber ? Within.Marker : Within.Blank;
    }

    private static bool HoldsBracket(ReadOnlySpan<char> text) => text.ContainsAny(Brackets);

    // Not seen, or only as the emphasis of what it surrounds.
    private static bool IsSilent(Rune rune) =>
        Rune.IsWhiteSpace(rune) || rune.Value is '*' or '_' or '`' or '~' or '^' or '#'
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark;

    private static bool IsSeparator(Rune rune) =>
        rune.Value is ',' or ';' or ':' or '/' or '&' or '+' or '，' or '；' or '：' or '、' || Rune.GetUnicodeCategory(rune) == UnicodeCategory.DashPunctuation;
}

/// <summary>What stands between brackets.</summary>
internal enum Within
{
    /// <summary>Nothing that is seen.</summary>
    Blank,

    /// <summary>With the bracket closed it is a marker.</summary>
    Marker,

    /// <summary>Neither, and nothing that follows makes it one.</summary>
    Other,
}
