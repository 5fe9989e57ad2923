using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// BM25 as a product of two sparse vectors: a term's saturated frequency in the chunk, which is fixed when the chunk is written, and its
/// inverse document frequency in the collection, which belongs to the query.
/// </summary>
internal static class LexicalWeights
{
    /// <summary>The chunk's side: tf (k1 + 1) / (tf + k1 (1 - b + b length / average)).</summary>
    /// <param name="terms">Terms of the chunk with their frequencies.</param>
    /// <param name="length">Sum of the frequencies.</param>
    /// <param name="averageLength">Mean length that the collection was pinned to.</param>
    public static SparseVector OfChunk(IReadOnlyList<TermFrequency> terms, int length, double averageLength)
    {
        const float K1 = Bm25.K1;
        const float B = Bm25.B;
        var norm = (float)(K1 * (1 - B + (B * length / averageLength)));
        return Folded(terms.Count, i => (terms[i].Hash, (K1 + 1) * terms[i].Frequency / (terms[i].Frequency + norm)));
    }

    /// <summary>The query's side: inverse document frequency times the term's weight in the query.</summary>
    public static SparseVector OfQuery(IReadOnlyList<TermWeight> terms, IReadOnlyList<double> idf) =>
        Folded(terms.Count, i => (terms[i].Hash, (float)(idf[i] * terms[i].Weight)));

    /// <summary>
    /// Qdrant's indices have 32 bits, a term's hash has 64. Among a million terms about a hundred pairs meet; what meets adds up.
    /// </summary>
    public static uint Fold(long hash) => (uint)(hash ^ (hash >> 32));

    private static SparseVector Folded(int count, Func<int, (long Hash, float Weight)> term)
    {
        var sums = new SortedDictionary<uint, float>();
        for (var i = 0; i < count; i++)
        {
            var (hash, weight) = term(i);
            var index = Fold(hash);
            sums[index] = sums.GetValueOrDefault(index) + weight;
        }

        return new SparseVector([.. sums.Keys], [.. sums.Values]);
    }
}
