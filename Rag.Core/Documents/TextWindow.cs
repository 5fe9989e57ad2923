namespace Rag.Core.Documents;

/// <summary>A stretch of a text, cut out while the text goes by, so that nobody holds the whole of it.</summary>
/// <param name="Text">From <paramref name="Start"/> on.</param>
/// <param name="Start">Where it begins in the whole text, in UTF-16 code units.</param>
/// <param name="Length">Of the whole text, in UTF-16 code units.</param>
internal readonly record struct TextWindow(string Text, int Start, int Length)
{
    private const int BufferLength = 16 * 1024;

    /// <summary>
    /// Reads to the end and keeps what lies between two offsets. Offsets count UTF-16 code units, which the database cannot: it counts
    /// whole characters. An end beyond the text means its end; an offset within a surrogate pair moves outwards, to take in the character.
    /// </summary>
    /// <param name="reader">The whole text, from its beginning.</param>
    /// <param name="start">At least 0.</param>
    /// <param name="end">At least <paramref name="start"/>.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static async Task<TextWindow> ReadAsync(TextReader reader, int start, int end, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        // One more on either side, to see whether a character is cut.
        var first = Math.Max(0, start - 1);
        var last = end == int.MaxValue ? end : end + 1;
        var kept = new System.Text.StringBuilder();
        var buffer = new char[BufferLength];
        var position = 0;
        int read;
        while ((read = await reader.ReadAsync(buffer.AsMemory(), cancellationToken)) > 0)
        {
            var from = Math.Clamp(first - position, 0, read);
            var to = Math.Clamp(last - position, from, read);
            kept.Append(buffer, from, to - from);
            position += read;
        }

        return Trim(kept.ToString(), Math.Min(first, position), Math.Min(start, position), Math.Min(end, position), position);
    }

    private static TextWindow Trim(string kept, int first, int start, int end, int length)
    {
        var from = IsWithinCharacter(kept, start - first) ? start - 1 : start;
        // Nothing asked for is nothing, also in the middle of a character.
        var to = end == start ? from : IsWithinCharacter(kept, end - first) ? end + 1 : end;
        return new TextWindow(kept[(from - first)..(to - first)], from, length);
    }

    private static bool IsWithinCharacter(string text, int index) =>
        index > 0 && index < text.Length && char.IsLowSurrogate(text[index]) && char.IsHighSurrogate(text[index - 1]);
}
