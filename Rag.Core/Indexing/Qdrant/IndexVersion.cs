using Rag.Core.Documents;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>One collection of Qdrant with everything in it: the one that is searched, or the next one while it is built.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name in Qdrant.</param>
/// <param name="Space">Number of the embedding space; null: without vectors.</param>
/// <param name="Dimensions">Length of its vectors.</param>
/// <param name="IsActive">Whether it is the one that is searched.</param>
/// <param name="Epoch">Number of the projector that asked, with which it writes.</param>
internal sealed record IndexVersion(int Id, string Name, int? Space, int? Dimensions, bool IsActive, long Epoch)
{
    /// <summary>Whether the collection was made for this version; until then whatever has its name is none of ours.</summary>
    public bool IsMade { get; init; } = true;

    /// <summary>Whether everything that there was has been in it once.</summary>
    public bool IsFilled { get; init; }

    /// <summary>Whether something could not be written in it when it was last tried.</summary>
    public bool IsFailing { get; init; }
}

/// <summary>How far one collection is in one version.</summary>
/// <param name="Collection">The collection.</param>
/// <param name="Watermark">The last change that is in the index.</param>
/// <param name="IsLoaded">False while documents from before it are missing.</param>
/// <param name="IsComparing">Whether every document is to be looked at for whether the index holds it as it is.</param>
/// <param name="AverageLength">What weights are made with.</param>
/// <param name="Weights">Counts how often that was changed; documents written with an older number are written again.</param>
internal sealed record ProjectedCollection(CollectionId Collection, long Watermark, bool IsLoaded, bool IsComparing, double AverageLength, int Weights);

/// <summary>What the books say of one document.</summary>
/// <param name="Generation">Which one its points are of.</param>
/// <param name="Chunks">How many there are.</param>
/// <param name="Metadata">Digest of the metadata that they have.</param>
internal readonly record struct BookedDocument(long Generation, int Chunks, Guid? Metadata);
