using System.Numerics.Tensors;
using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Embedding;

/// <summary>
/// Vectors without a model file: each word and each of its character trigrams is a feature, weighted by the logarithm of its
/// frequency and projected by random signs derived from its hash. Texts with the same words, or words of the same stem, come close;
/// it knows no synonyms. Deterministic on every machine.
/// </summary>
internal sealed class LocalEmbedder : IEmbedder
{
    /// <summary>Provider of its space.</summary>
    public const string Provider = "local";

    /// <summary>Length of a vector when nothing else is configured.</summary>
    public const int DefaultDimensions = 256;

    // How many coordinates one feature touches: enough that a collision in one does not matter, few enough to be fast.
    private const int Spread = 8;
    private const float TrigramWeight = 0.35f;

    public LocalEmbedder(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, Spread);
        Space = new EmbeddingSpace(Provider, "hashed-words", "1", dimensions);
    }

    public EmbeddingSpace Space { get; }

    public Task<IReadOnlyList<float[]>> EmbedPassagesAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var vectors = new float[texts.Count][];
        for (var i = 0; i < vectors.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            vectors[i] = Embed(texts[i]);
        }

        return Task.FromResult<IReadOnlyList<float[]>>(vectors);
    }

    public Task<float[]> EmbedQueryAsync(string text, CancellationToken cancellationToken) => Task.FromResult(Embed(text));

    private float[] Embed(string text)
    {
        var vector = new float[Space.Dimensions];
        foreach (var (feature, weight) in Features(text))
        {
            Project(feature, weight, vector);
        }

        var norm = TensorPrimitives.Norm(vector);
        if (norm > 0)
        {
            TensorPrimitives.Divide(vector, norm, vector);
        }

        return vector;
    }

    private static IEnumerable<(long Feature, float Weight)> Features(string text)
    {
        var words = new List<AnalyzedTerm>();
        // English stop words and stems serve every language here: what they do not know passes unchanged.
        Analyzers.ForLanguage("en").Analyze(text, words);
        var counts = new Dictionary<long, (int Count, bool Word)>();
        Span<char> folded = stackalloc char[64];
        foreach (var word in words)
        {
            Count(word.Hash, isWord: true);
            var letters = text.AsSpan(word.Start, word.End - word.Start);
            var length = LetterFolding.Fold(letters, folded, keepUmlauts: false);
            for (var i = 0; i + 3 <= length; i++)
            {
                Count(~StableHash.Of(folded.Slice(i, 3)), isWord: false);
            }
        }

        return counts.Select(static c => (c.Key, (1 + MathF.Log(c.Value.Count)) * (c.Value.Word ? 1 : TrigramWeight)));

        void Count(long feature, bool isWord) => counts[feature] = (counts.GetValueOrDefault(feature).Count + 1, isWord);
    }

    private static void Project(long feature, float weight, float[] vector)
    {
        var state = (ulong)feature;
        for (var i = 0; i < Spread; i++)
        {
            state = StableHash.Mix(state + 0x9E3779B97F4A7C15);
            var place = (int)((state >> 1) % (ulong)vector.Length);
            vector[place] += (state & 1) == 0 ? weight : -weight;
        }
    }
}
