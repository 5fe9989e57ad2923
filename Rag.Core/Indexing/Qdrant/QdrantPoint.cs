using Rag.Core.Documents;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>One chunk as Qdrant holds it.</summary>
/// <param name="Collection">The tenant.</param>
/// <param name="Document">Its document.</param>
/// <param name="Generation">Its generation.</param>
/// <param name="Ordinal">Its place among the generation's chunks.</param>
/// <param name="Terms">Weights of its terms.</param>
/// <param name="Vector">Unit length; null for a chunk without one.</param>
/// <param name="Metadata">The document's.</param>
internal sealed record QdrantPoint(
    CollectionId Collection, DocumentId Document, long Generation, int Ordinal, SparseVector Terms, ReadOnlyMemory<float>? Vector, MetadataTokens Metadata)
{
    /// <summary>Which metadata that is.</summary>
    public Guid Revision { get; init; }

    public Guid Id => ChunkId.For(Document, Generation, Ordinal).Value;

    /// <summary>At most as long as it is in a request: numbers with sign, exponent and comma, keywords of one length.</summary>
    public int MaxBytes => 400 + ((Vector?.Length ?? 0) * 16) + (Terms.Indices.Count * 27) + (Metadata.Values.Count * 35) + Metadata.Numbers.Sum(static n => 37 + (n.Value.Count * 25));
}

/// <summary>Indices without repetition, ascending, and as many values.</summary>
internal sealed record SparseVector(IReadOnlyList<uint> Indices, IReadOnlyList<float> Values);
