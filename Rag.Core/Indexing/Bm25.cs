namespace Rag.Core.Indexing;

/// <summary>What every index and the reranker weigh words by, so that they agree.</summary>
internal static class Bm25
{
    /// <summary>Saturation of a term's frequency and weight of a chunk's length, as usual for BM25 since Robertson's TREC-3 runs.</summary>
    public const float K1 = 1.2f;

    /// <summary>See <see cref="K1"/>.</summary>
    public const float B = 0.75f;

    /// <summary>
    /// Inverse document frequency in the form that is never negative, not even where the two counts are of different moments and more chunks
    /// hold the term than there are.
    /// </summary>
    /// <param name="chunks">How many there are.</param>
    /// <param name="holders">How many of them hold the term.</param>
    public static double InverseDocumentFrequency(long chunks, long holders)
    {
        var bounded = Math.Min(holders, chunks);
        return Math.Log(1 + ((chunks - bounded + 0.5) / (bounded + 0.5)));
    }
}
