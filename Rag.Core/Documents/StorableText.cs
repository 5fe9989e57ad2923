using System.Globalization;
using System.Text;

namespace Rag.Core.Documents;

/// <summary>Text from outside, made fit for a database row, a file dialog and a message.</summary>
internal static class StorableText
{
    private const int MaxNameLength = 255;

    /// <summary>Without NUL, which PostgreSQL cannot store, and without lone surrogates, which UTF-8 cannot express.</summary>
    public static string Clean(string text)
    {
        var isClean = true;
        for (var i = 0; i < text.Length && isClean; i++)
        {
            isClean = text[i] != '\0' && !char.IsSurrogate(text[i]);
        }

        if (isClean)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            result.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
        }

        return result.ToString();
    }

    /// <summary>
    /// A file name without folders (of either system), control and direction-changing characters, at most 255 characters long with its
    /// extension kept; <c>document</c> when nothing remains.
    /// </summary>
    public static string FileName(string name)
    {
        var last = name.AsSpan(name.LastIndexOfAny(['/', '\\']) + 1);
        var kept = new StringBuilder(last.Length);
        foreach (var rune in last.EnumerateRunes())
        {
            // Format characters among them: a right-to-left override makes "gpj.exe" of "exe.jpg".
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned))
            {
                kept.Append(rune);
            }
        }

        var text = kept.ToString().Trim();
        if (text.Trim('.').Length == 0)
        {
            return "document";
        }

        if (text.Length <= MaxNameLength)
        {
            return text;
        }

        var extension = Path.GetExtension(text);
        extension = extension.Length <= 20 ? extension : "";
        return Truncate(text, MaxNameLength - extension.Length) + extension;
    }

    /// <summary>At most <paramref name="length"/> code units, never half a surrogate pair.</summary>
    public static string Truncate(string text, int length) => text.Length <= length
        ? text
        : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    /// <summary>What a caller sent, short and without control characters, to quote it back in a message.</summary>
    public static string ForMessage(string? text) =>
        Truncate(string.Concat(Clean(text ?? "").Where(c => !char.IsControl(c))), 80);
}
