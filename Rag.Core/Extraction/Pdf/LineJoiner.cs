using System.Collections.Frozen;
using System.Text;

namespace Rag.Core.Extraction.Pdf;

/// <summary>
/// Joins printed lines to running text. A hyphen at a line's end stays or goes as the rest of the document writes the word: "well-"
/// and "known" are joined as "well-known" when that stands elsewhere, "main-" and "tenance" as "maintenance".
/// </summary>
internal sealed class LineJoiner
{
    private readonly HashSet<string> _words = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    public LineJoiner(IReadOnlyList<PdfLine> lines)
    {
        // Only words that a hyphenated line end asks about are kept, so that a large document costs no second copy of itself.
        var asked = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i + 1 < lines.Count; i++)
        {
            if (TrySplit(lines[i].Text, lines[i + 1].Text, out var left, out var right))
            {
                asked.Add($"{left}{right}");
                asked.Add($"{left}-{right}");
            }
        }

        _lookup = _words.GetAlternateLookup<ReadOnlySpan<char>>();
        if (asked.Count == 0)
        {
            return;
        }

        var wanted = asked.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var line in lines)
        {
            var text = line.Text.AsSpan();
            foreach (var range in text.Split(' '))
            {
                var word = text[range].Trim(".,;:!?()[]\"'”“’‘»«");
                if (wanted.Contains(word))
                {
                    _lookup.Add(word);
                }
            }
        }
    }

    /// <summary>Appends a line to a paragraph.</summary>
    public void Append(StringBuilder paragraph, string line)
    {
        if (paragraph.Length == 0)
        {
            paragraph.Append(line);
            return;
        }

        var last = paragraph[^1];
        if (last == '\u00AD')
        {
            paragraph.Length--; // a soft hyphen is there to be broken at
        }
        else if (last is '-' or '\u2010' && TrySplit(LastWord(paragraph), line, out var left, out var right))
        {
            if (!KeepsHyphen(left, right))
            {
                paragraph.Length--;
            }
        }
        else if (!(IsCjk(last) && line.Length > 0 && IsCjk(line[0])))
        {
            paragraph.Append(' ');
        }

        paragraph.Append(line);
    }

    private bool KeepsHyphen(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (_lookup.Contains($"{left}{right}"))
        {
            return false;
        }

        return _lookup.Contains($"{left}-{right}") || left.Contains('-') || right.Contains('-');
    }

    /// <summary>The two halves of a word cut at a line's end: letters before the hyphen, a small letter after it.</summary>
    private static bool TrySplit(string line, string next, out ReadOnlySpan<char> left, out ReadOnlySpan<char> right)
    {
        left = right = default;
        var text = line.AsSpan();
        if (text.Length < 3 || text[^1] is not ('-' or '\u2010') || next.Length == 0 || !char.IsLower(next[0]))
        {
            return false;
        }

        left = text[(text.LastIndexOf(' ') + 1)..^1];
        var end = next.AsSpan().IndexOf(' ');
        right = next.AsSpan(0, end < 0 ? next.Length : end).Trim(".,;:!?()[]\"'”“’‘»«");
        return left.Length >= 2 && right.Length >= 2 && char.IsLetter(left[^1]) && left.Length + right.Length < 60;
    }

    private static string LastWord(StringBuilder paragraph)
    {
        var start = paragraph.Length;
        while (start > 0 && paragraph.Length - start < 60 && paragraph[start - 1] != ' ')
        {
            start--;
        }

        return paragraph.ToString(start, paragraph.Length - start);
    }

    private static bool IsCjk(char c) => c is (>= '\u3000' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF') or (>= '\uF900' and <= '\uFAFF') or (>= '\uFF00' and <= '\uFFEF');
}
