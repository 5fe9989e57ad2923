using System.Collections.Frozen;

namespace Rag.Core.Indexing.Analysis;

/// <summary>Words of one language to terms: folded, stop words left out, stemmed; runs without spaces to overlapping pairs of characters.</summary>
internal sealed class LanguageAnalyzer(string version, FrozenSet<string> stopWords, Stemmer? stem = null, bool keepUmlauts = false) : IAnalyzer
{
    // Longer words are noise (base64, hashes); their first letters suffice to find them.
    private const int MaxWord = 64;

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _stopWords = stopWords.GetAlternateLookup<ReadOnlySpan<char>>();

    public string Version { get; } = version;

    public void Analyze(string text, ICollection<AnalyzedTerm> terms)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(terms);
        Span<char> buffer = stackalloc char[MaxWord];
        var words = new WordScanner(text);
        while (words.MoveNext())
        {
            if (words.IsUnspaced)
            {
                AddPairs(text, words.Start, words.End, terms);
                continue;
            }

            var length = LetterFolding.Fold(text.AsSpan(words.Start, words.End - words.Start), buffer, keepUmlauts);
            length = WithoutElision(buffer, length);
            if (length == 0 || _stopWords.Contains(buffer[..length]))
            {
                continue;
            }

            if (stem is not null)
            {
                length = stem(buffer, length);
            }

            terms.Add(new AnalyzedTerm(StableHash.Of(buffer[..length]), words.Start, words.End));
        }
    }

    /// <summary>
    /// The English stemmer takes possessives off itself. Elsewhere what stands before an apostrophe is an article or a pronoun
    /// (<c>l'homme</c>, <c>dell'arte</c>), unless only an ending follows (<c>Maria's</c>).
    /// </summary>
    private int WithoutElision(Span<char> word, int length)
    {
        length = word[..length].TrimEnd('\'').Length;
        var apostrophe = stem is null ? word[..length].LastIndexOf('\'') : -1;
        if (apostrophe < 0)
        {
            return length;
        }

        if (length - apostrophe <= 2)
        {
            return apostrophe;
        }

        word[(apostrophe + 1)..length].CopyTo(word);
        return length - apostrophe - 1;
    }

    /// <summary>Overlapping pairs of characters; a character that stands alone is a term by itself.</summary>
    private static void AddPairs(string text, int start, int end, ICollection<AnalyzedTerm> terms)
    {
        Span<char> pair = stackalloc char[4];
        var previous = -1;
        var position = start;
        while (position < end)
        {
            var width = char.IsHighSurrogate(text[position]) && position + 1 < end ? 2 : 1;
            if (previous >= 0)
            {
                Add(previous, position + width, pair, terms);
            }
            else if (position + width == end)
            {
                Add(position, end, pair, terms);
            }

            previous = position;
            position += width;
        }

        void Add(int from, int to, Span<char> target, ICollection<AnalyzedTerm> all)
        {
            var length = LetterFolding.Fold(text.AsSpan(from, to - from), target, keepUmlauts: false);
            if (length > 0)
            {
                all.Add(new AnalyzedTerm(StableHash.Of(target[..length]), from, to));
            }
        }
    }
}

/// <summary>Stems <paramref name="length"/> lower-case letters in place and returns how many are left.</summary>
internal delegate int Stemmer(Span<char> letters, int length);
