namespace Rag.Core.Indexing.Analysis;

/// <summary>A word being stemmed: its letters, its present length, and the two regions that the Snowball algorithms speak of.</summary>
internal ref struct StemBuffer(Span<char> letters, int length)
{
    private readonly Span<char> _letters = letters;

    public int Length { get; private set; } = length;

    public readonly Span<char> Word => _letters[..Length];

    public readonly char this[int index] => _letters[index];

    /// <summary>Whether the word ends so, at or after <paramref name="region"/>.</summary>
    public readonly bool EndsWith(ReadOnlySpan<char> ending, int region = 0) =>
        Length - ending.Length >= region && _letters[..Length].EndsWith(ending);

    public void Drop(int count) => Length -= count;

    /// <summary>Puts <paramref name="replacement"/>, which is no longer, in the place of the last letters.</summary>
    public void ReplaceEnd(int count, scoped ReadOnlySpan<char> replacement)
    {
        replacement.CopyTo(_letters[(Length - count)..]);
        Length += replacement.Length - count;
    }

    /// <summary>The longest of the endings that the word has, or null. <paramref name="endings"/> are ordered longest first.</summary>
    public readonly string? Longest(string[] endings, int region = 0)
    {
        foreach (var ending in endings)
        {
            if (EndsWith(ending, region))
            {
                return ending;
            }
        }

        return null;
    }

    /// <summary>Where the region begins that follows the first non-vowel after a vowel, looking from <paramref name="from"/>; the length when there is none.</summary>
    public readonly int RegionAfter(string vowels, int from)
    {
        var i = from;
        while (i < Length && !vowels.Contains(_letters[i]))
        {
            i++;
        }

        while (i < Length && vowels.Contains(_letters[i]))
        {
            i++;
        }

        return Math.Min(i + 1, Length);
    }
}
