using System.Runtime.InteropServices;
using Rag.Core.Documents;
using Rag.Core.Retrieval;

namespace Rag.Core.Indexing;

/// <summary>
/// Searches one index over the chunks of active generations. Thread-safe. What it returns may be older than the database by a
/// moment: <see cref="IndexHits.Watermark"/> says how old, and the caller checks every hit.
/// </summary>
public interface IIndexReader
{
    /// <summary>Finds candidates. A collection that the index has not seen yet is loaded first.</summary>
    /// <exception cref="RagException"><c>storage-away</c> or <c>index-away</c>, both transient.</exception>
    Task<IndexHits> SearchAsync(IndexQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Inverse document frequencies of the terms, in their order, good enough to compare words by: chunks that were deleted a moment
    /// ago may still count.
    /// </summary>
    Task<IReadOnlyList<double>> TermWeightsAsync(CollectionId collection, IReadOnlyList<TermWeight> terms, CancellationToken cancellationToken);

    /// <summary>
    /// Versions of the analyzers that made the terms of the collection's documents, which are what a query must be analysed by too:
    /// one, or several while documents wait to be processed again; none for a collection without documents.
    /// </summary>
    Task<IReadOnlyList<string>> AnalyzersAsync(CollectionId collection, CancellationToken cancellationToken);

    /// <summary>Waits until the index has applied change <paramref name="sequence"/> of the collection.</summary>
    /// <returns>False when it had not within <paramref name="atMost"/>, for whatever reason.</returns>
    Task<bool> WaitForAsync(CollectionId collection, long sequence, TimeSpan atMost, CancellationToken cancellationToken);
}

/// <summary>What to look for.</summary>
public sealed record IndexQuery
{
    /// <summary>Where.</summary>
    public required CollectionId Collection { get; init; }

    /// <summary>Distinct terms of the query with how often each stands in it; empty for no lexical search.</summary>
    public IReadOnlyList<TermWeight> Terms { get; init; } = [];

    /// <summary>Unit vector; null for no dense search.</summary>
    public ReadOnlyMemory<float>? Vector { get; init; }

    /// <summary>By the vector alone: the terms serve only as long as not every chunk has a vector, so that nothing is lost meanwhile.</summary>
    public bool PrefersDense { get; init; }

    /// <summary>Null: every document.</summary>
    public MetadataFilter? Filter { get; init; }

    /// <summary>How many hits each retriever returns at most.</summary>
    public required int Depth { get; init; }
}

/// <summary>A query term and its weight, usually its frequency in the query.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TermWeight(long Hash, float Weight);

/// <summary>Candidates of one search, each list best first.</summary>
public sealed record IndexHits
{
    /// <summary>By BM25; only chunks that hold at least one term. Empty where <see cref="IndexQuery.PrefersDense"/> found vectors.</summary>
    public required IReadOnlyList<IndexHit> Lexical { get; init; }

    /// <summary>By cosine; null as long as not every chunk of the collection has a vector in the reader's space.</summary>
    public IReadOnlyList<IndexHit>? Dense { get; init; }

    /// <summary>
    /// What both retrievers found, put together by the index itself; then the two lists are empty. Null: putting them together is left to
    /// the caller.
    /// </summary>
    public IReadOnlyList<IndexHit>? Fused { get; init; }

    /// <summary>Inverse document frequency of each term of the query, in the query's order; what a reranker weighs words with.</summary>
    public IReadOnlyList<double> TermWeights { get; init; } = [];

    /// <summary>Mean length of the collection's chunks in terms.</summary>
    public double AverageLength { get; init; } = 1;

    /// <summary>The last change of the collection that the index has applied.</summary>
    public required long Watermark { get; init; }
}

/// <summary>One candidate.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct IndexHit(DocumentId Document, long Generation, int Ordinal, double Score)
{
    /// <summary>Best first; equal ones in the order of creation, wherever an index happens to hold them.</summary>
    public static readonly Comparison<IndexHit> BestFirst = static (a, b) =>
    {
        var byScore = b.Score.CompareTo(a.Score);
        var byDocument = byScore != 0 ? byScore : a.Document.Value.CompareTo(b.Document.Value);
        return byDocument != 0 ? byDocument : a.Ordinal.CompareTo(b.Ordinal);
    };

    /// <summary>Its chunk.</summary>
    public ChunkId Chunk => ChunkId.For(Document, Generation, Ordinal);
}
