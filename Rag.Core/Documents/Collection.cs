using Rag.Core.Chunking;
using Rag.Core.Retrieval;

namespace Rag.Core.Documents;

/// <summary>A named set of documents that is searched as one.</summary>
public sealed record Collection
{
    /// <summary>Never changes; what keys, blobs and points refer to.</summary>
    public required CollectionId Id { get; init; }

    /// <summary><c>^[a-z0-9][a-z0-9-]{0,62}$</c>, unique; may be changed.</summary>
    public required string Name { get; init; }

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>How its documents are cut, analysed and searched.</summary>
    public required CollectionSettings Settings { get; init; }

    /// <summary>By the database's clock.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>By the database's clock.</summary>
    public DateTimeOffset Updated { get; init; }
}

/// <summary>Stored as JSON with the collection.</summary>
public sealed record CollectionSettings
{
    /// <summary>ISO 639-1 code that chooses the analyzer: <c>en</c>, <c>de</c>, <c>ru</c>, <c>zh</c>, ...; fixed at creation.</summary>
    public string Language { get; init; } = "en";

    /// <summary>Applied to documents processed from now on.</summary>
    public ChunkingSettings Chunking { get; init; } = new();

    /// <summary>Applied to searches from now on.</summary>
    public RetrievalSettings Retrieval { get; init; } = new();
}
