namespace Rag.Web.Sources;

/// <summary>A stretch of a document's text around a passage, cut into paragraphs. Offsets are UTF-16 code units in the whole text.</summary>
/// <param name="From">First code unit shown.</param>
/// <param name="To">One past the last.</param>
/// <param name="Length">Length of the whole text.</param>
/// <param name="Paragraphs">What lies between <paramref name="From"/> and <paramref name="To"/>, blank lines left out.</param>
public sealed record SourceWindow(int From, int To, int Length, IReadOnlyList<IReadOnlyList<SourcePart>> Paragraphs)
{
    /// <summary>How far a cut may move to fall on the end of a line. <see cref="Cut"/> needs one code unit more of text on either side.</summary>
    public const int LineReach = 2000;

    /// <summary>The text between two offsets, widened to whole lines where they are near.</summary>
    /// <param name="slice">Everything that may be shown.</param>
    /// <param name="from">Offset in the whole text, as are the others.</param>
    /// <param name="to">One past the last.</param>
    /// <param name="passage">What is marked if it lies within the text.</param>
    public static SourceWindow Cut(TextSlice slice, int from, int to, SourceSpan? passage)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var (text, origin, length) = slice;
        from = StartOfLine(text, Math.Clamp(from - origin, 0, text.Length), isWhole: origin == 0);
        to = EndOfLine(text, Math.Clamp(to - origin, from, text.Length), isWhole: origin + text.Length == length);
        var mark = passage?.Within(length)?.Moved(-origin);
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

        return new SourceWindow(origin + from, origin + to, length, paragraphs);
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

    // isWhole: there is no text before it.
    private static int StartOfLine(string text, int offset, bool isWhole)
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

        return lowest == 0 && isWhole ? 0 : WholeCharacter(text, offset);
    }

    // isWhole: there is no text after it.
    private static int EndOfLine(string text, int offset, bool isWhole)
    {
        var line = text.AsSpan(offset, Math.Min(LineReach, text.Length - offset)).IndexOf('\n');
        if (line >= 0)
        {
            return offset + line;
        }

        return text.Length - offset <= LineReach && isWhole ? text.Length : WholeCharacter(text, offset);
    }

    private static int WholeCharacter(string text, int offset) =>
        offset < text.Length && char.IsLowSurrogate(text[offset]) && char.IsHighSurrogate(text[offset - 1]) ? offset - 1 : offset;
}

/// <summary>A stretch of a text, of which the rest is elsewhere.</summary>
/// <param name="Text">From <paramref name="Start"/> on.</param>
/// <param name="Start">Its offset in the whole text.</param>
/// <param name="Length">Of the whole text.</param>
public sealed record TextSlice(string Text, int Start, int Length)
{
    public static TextSlice Whole(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new TextSlice(text, 0, text.Length);
    }
}

/// <summary>The offsets between which a text is shown, before they are widened to whole lines.</summary>
public readonly record struct SourceRange(int From, int To)
{
    /// <summary>No text is as long as this, and sums of offsets below it do not overflow.</summary>
    public const int Farthest = 1 << 30;

    // A link can name a whole book as its passage: what is shown of it ends somewhere.
    private const int MostPassage = 40_000;

    /// <summary>What a link asks for: from an offset on, around a passage, or the beginning.</summary>
    public static SourceRange Of(int? from, SourceSpan? passage, int reach)
    {
        if (from is >= 0 and < Farthest)
        {
            return new SourceRange(from.Value, from.Value + (2 * reach));
        }

        var (start, end) = passage ?? default;
        return new SourceRange(Math.Max(0, start - reach), Math.Min(end, start + MostPassage) + reach);
    }

    /// <summary>Where the text that is needed to cut it begins and ends.</summary>
    public SourceRange Widened => new(Math.Max(0, From - SourceWindow.LineReach - 1), To + SourceWindow.LineReach + 1);
}

/// <summary>A run of text within a paragraph.</summary>
// Marked: whether it belongs to the passage.
public sealed record SourcePart(string Text, bool Marked);

/// <summary>A passage as a link names it; not yet known to lie within any text.</summary>
public readonly record struct SourceSpan(int Start, int End)
{
    /// <summary>Null unless both are given and make a span.</summary>
    public static SourceSpan? From(int? start, int? end) =>
        start is >= 0 && end > start && end < SourceRange.Farthest ? new SourceSpan(start.Value, end.Value) : null;

    /// <summary>Null when it does not lie within a text of that length.</summary>
    public SourceSpan? Within(int length) => End <= length ? this : null;

    public SourceSpan Moved(int by) => new(Start + by, End + by);
}
