using System.Text;

namespace Rag.Core.Extraction.Pdf;

/// <summary>Turns positioned lines into paragraphs, list items and headings, and adds them to a document.</summary>
internal static class PdfStructure
{
    private const float HeadingFrom = 1.15f;  // times the height of running text
    private const float SureHeadingFrom = 1.5f;
    private const float SameSize = 0.08f;     // relative difference of two lines of one paragraph
    private const float ClosestGap = 0.5f;    // of a line's height, between two lines of one paragraph
    private const int LongestHeading = 200;
    private const int MostHeadingLines = 3;

    public static void Append(DocumentBuilder builder, IReadOnlyList<PdfLine> lines, int pages)
    {
        var running = RunningLines.Find(lines, pages);
        List<PdfLine> kept = running.Count == 0 ? [.. lines] : [.. lines.Where((_, i) => !running.Contains(i))];
        if (kept.Count == 0)
        {
            return;
        }

        var body = BodyHeight(kept);
        var joiner = new LineJoiner(kept);
        var paragraphs = Paragraphs(kept).Select(range => Paragraph.Of(kept, range, joiner)).ToList();
        var sizes = HeadingSizes(paragraphs, body);
        foreach (var paragraph in paragraphs)
        {
            if (IsHeading(paragraph, body))
            {
                builder.AddHeading(LevelOf(paragraph.Height, sizes), paragraph.Text, paragraph.Page);
            }
            else
            {
                builder.Add(paragraph.IsItem ? BlockKind.ListItem : BlockKind.Paragraph, paragraph.Text, paragraph.Page);
            }
        }
    }

    /// <summary>The height that most letters have.</summary>
    private static float BodyHeight(List<PdfLine> lines)
    {
        var letters = new Dictionary<int, long>();
        foreach (var line in lines)
        {
            var size = (int)MathF.Round(line.Height * 2);
            letters[size] = letters.GetValueOrDefault(size) + line.Text.Length;
        }

        return letters.MaxBy(static pair => pair.Value).Key / 2f;
    }

    private static IEnumerable<Range> Paragraphs(List<PdfLine> lines)
    {
        var start = 0;
        for (var i = 1; i <= lines.Count; i++)
        {
            if (i == lines.Count || StartsParagraph(lines[i - 1], lines[i]))
            {
                yield return start..i;
                start = i;
            }
        }
    }

    private static bool StartsParagraph(PdfLine before, PdfLine line)
    {
        if (before.Page != line.Page || IsItem(line.Text))
        {
            return true;
        }

        if (IsBulletAlone(before.Text))
        {
            return MathF.Abs(line.Top - before.Top) > MathF.Max(line.Height, before.Height);
        }

        var isSameSize = MathF.Abs(before.Height - line.Height) <= (SameSize * MathF.Max(before.Height, line.Height)) + 0.5f;
        return !isSameSize || (before.Block != line.Block && !IsContinued(before, line));
    }

    /// <summary>Poppler parts the lines of an item whose first line is indented differently; a sentence that goes on tells them from two items.</summary>
    private static bool IsContinued(PdfLine before, PdfLine line) =>
        line.Top > before.Top
        && line.Top - before.Bottom < before.Height * ClosestGap
        && char.IsLower(line.Text[0])
        && before.Text[^1] is not ('.' or '!' or '?' or ':' or ';');

    private static bool IsBullet(char c) => c is '•' or '‣' or '◦' or '▪' or '●' or '–' or '\uF0B7';

    private static bool IsBulletAlone(string text) => text.Length == 1 && IsBullet(text[0]);

    private static bool IsItem(string text)
    {
        if (IsBullet(text[0]) && (text.Length == 1 || text[1] == ' '))
        {
            return true;
        }

        if (text.StartsWith("- ", StringComparison.Ordinal) || text.StartsWith("* ", StringComparison.Ordinal))
        {
            return true;
        }

        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        return digits is 1 or 2 && digits + 1 < text.Length && text[digits] is '.' or ')' && text[digits + 1] == ' ';
    }

    private static bool IsHeading(Paragraph paragraph, float body) =>
        paragraph.Height >= body * HeadingFrom
        && paragraph.Lines <= MostHeadingLines
        && paragraph.Text.Length <= LongestHeading
        && paragraph.Text.Any(char.IsLetter)
        && !paragraph.Text.Contains(". . .", StringComparison.Ordinal) // a line of a table of contents
        && !paragraph.Text.Contains("....", StringComparison.Ordinal)
        && (paragraph.Height >= body * SureHeadingFrom || paragraph.Text[^1] is not ('.' or ',' or ';'));

    /// <summary>The sizes of headings, largest first; sizes that differ by a few percent are one.</summary>
    private static List<float> HeadingSizes(List<Paragraph> paragraphs, float body)
    {
        var sizes = new List<float>();
        foreach (var height in paragraphs.Where(paragraph => IsHeading(paragraph, body)).Select(static paragraph => paragraph.Height).Distinct().OrderDescending())
        {
            if (sizes.Count == 0 || height < sizes[^1] * (1 - SameSize))
            {
                sizes.Add(height);
            }
        }

        return sizes;
    }

    private static int LevelOf(float height, List<float> sizes)
    {
        for (var i = 0; i < sizes.Count; i++)
        {
            if (height >= sizes[i] * (1 - SameSize))
            {
                return i + 1;
            }
        }

        return sizes.Count;
    }

    private readonly record struct Paragraph(string Text, int Page, float Height, int Lines, bool IsItem)
    {
        public static Paragraph Of(List<PdfLine> lines, Range range, LineJoiner joiner)
        {
            var (offset, count) = range.GetOffsetAndLength(lines.Count);
            var text = new StringBuilder();
            var height = 0f;
            for (var i = offset; i < offset + count; i++)
            {
                joiner.Append(text, lines[i].Text.Trim());
                height = MathF.Max(height, lines[i].Height);
            }

            return new Paragraph(text.ToString(), lines[offset].Page, MathF.Round(height * 2) / 2, count, PdfStructure.IsItem(lines[offset].Text));
        }
    }
}
