namespace Rag.Web.Sources;

/// <summary>A stretch of a document's text around a passage, cut into paragraphs. Offsets are UTF-16 code units in the whole text.</summary>
/// <param name="From">First code unit shown.</param>
/// <param name="To">One past the last.</param>
/// <param name="Length">Length of the whole text.</param>
/// <param name="Paragraphs">What lies between <paramref name="From"/> and <paramref name="To"/>, blank lines left out.</param>
public sealed record SourceWindow(int From, int To, int Length, IReadOnlyList<IReadOnlyList<SourcePart>> Paragraphs)
{
    // How far a cut may move to fall on the end of a line.
    private const int LineReach = 2000;

    /// <summary>The window that shows a passage with text before and after it.</summary>
    public static SourceWindow Around(string text, SourceSpan? passage, int reach)
    {
        var span = passage?.Within(text.Length);
        return Cut(text, (span?.Start ?? 0) - reach, (span?.End ?? 0) + reach, span);
    }

    /// <summary>The text between two offsets, widened to whole lines where they are near.</summary>
    public static SourceWindow Cut(string text, int from, int to, SourceSpan? passage)
    {
        ArgumentNullException.ThrowIfNull(text);
        from = StartOfLine(text, Math.Clamp(from, 0, text.Length));
        to = EndOfLine(text, Math.Clamp(to, from, text.Length));
        var mark = passage?.Within(text.Length);
        var paragraphs = new List<IReadOnlyList<SourcePart>>();
        var position = from;
        while (position < to)
        {
            var (end, next) = ParagraphEnd(text, position, to);
            if (!text.AsSpan(position, end - position).IsWhiteSpace())
            {
                paragraphs.Add([.. Parts(text, position, end, mark)]);
            }

            position = next;
        }

        return new SourceWindow(from, to, text.Length, paragraphs);
    }

    private static (int End, int Next) ParagraphEnd(string text, int start, int limit)
    {
        var gap = text.AsSpan(start, limit - start).IndexOf("\n\n");
        if (gap < 0)
        {
            return (limit, limit);
        }

        var next = start + gap;
        while (next < limit && text[next] == '\n')
        {
            next++;
        }

        return (start + gap, next);
    }

    private static IEnumerable<SourcePart> Parts(string text, int start, int end, SourceSpan? mark)
    {
        var markStart = Math.Clamp(mark?.Start ?? end, start, end);
        var markEnd = Math.Clamp(mark?.End ?? end, markStart, end);
        if (markStart > start)
        {
            yield return new SourcePart(text[start..markStart], Marked: false);
        }

        if (markEnd > markStart)
        {
            yield return new SourcePart(text[markStart..markEnd], Marked: true);
        }

        if (end > markEnd)
        {
            yield return new SourcePart(text[markEnd..end], Marked: false);
        }
    }

    private static int StartOfLine(string text, int offset)
    {
        if (offset == 0)
        {
            return 0;
        }

        var lowest = Math.Max(0, offset - LineReach);
        var line = text.AsSpan(lowest, offset - lowest).LastIndexOf('\n');
        if (line >= 0)
        {
            return lowest + line + 1;
        }

        return lowest == 0 ? 0 : WholeCharacter(text, offset);
    }

    private static int EndOfLine(string text, int offset)
    {
        var line = text.AsSpan(offset, Math.Min(LineReach, text.Length - offset)).IndexOf('\n');
        if (line >= 0)
        {
            return offset + line;
        }

        return text.Length - offset <= LineReach ? text.Length : WholeCharacter(text, offset);
    }

    private static int WholeCharacter(string text, int offset) =>
        offset < text.Length && char.IsLowSurrogate(text[offset]) && char.IsHighSurrogate(text[offset - 1]) ? offset - 1 : offset;
}

/// <summary>A run of text within a paragraph.</summary>
// Marked: whether it belongs to the passage.
public sealed record SourcePart(string Text, bool Marked);

/// <summary>A passage as a link names it; not yet known to lie within any text.</summary>
public readonly record struct SourceSpan(int Start, int End)
{
    /// <summary>Null unless both are given and make a span.</summary>
    public static SourceSpan? From(int? start, int? end) => start is >= 0 && end > start ? new SourceSpan(start.Value, end.Value) : null;

    /// <summary>Null when it does not lie within a text of that length.</summary>
    public SourceSpan? Within(int length) => End <= length ? this : null;
}
