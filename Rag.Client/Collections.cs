namespace Rag.Client;

/// <summary>A named set of documents that is searched as one.</summary>
public sealed record Collection
{
    /// <summary>Stays when it is renamed.</summary>
    public required Guid Id { get; init; }

    /// <summary><c>^[a-z0-9][a-z0-9-]{0,62}$</c>.</summary>
    public required string Name { get; init; }

    /// <summary>For people.</summary>
    public required string Description { get; init; }

    /// <summary>ISO 639-1 code that chose the analyzer.</summary>
    public required string Language { get; init; }

    /// <summary>How documents are cut from now on.</summary>
    public required ChunkingSettings Chunking { get; init; }

    /// <summary>How it is searched.</summary>
    public required RetrievalSettings Retrieval { get; init; }

    /// <summary>Documents by state.</summary>
    public required DocumentCounts Documents { get; init; }

    /// <summary>Searchable chunks.</summary>
    public required long Chunks { get; init; }

    /// <summary>Sum of the newest originals.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When its name, description or settings last changed.</summary>
    public required DateTimeOffset Updated { get; init; }
}

/// <summary>Sizes in estimated tokens.</summary>
/// <param name="TargetTokens">Aim, 50 to 2000.</param>
/// <param name="MaxTokens">Hard limit, 50 to 8000.</param>
/// <param name="OverlapTokens">Repeated from the chunk before, at most 15 % of the target.</param>
public sealed record ChunkingSettings(int TargetTokens = 400, int MaxTokens = 800, int OverlapTokens = 40);

/// <summary>How a collection is searched when a request does not say.</summary>
/// <param name="Mode">Null: the installation's default.</param>
public sealed record RetrievalSettings(SearchMode? Mode = null);

/// <summary>Documents of a collection by state.</summary>
public sealed record DocumentCounts(long Total, long Queued, long Processing, long Ready, long Failed);

/// <summary>A new collection.</summary>
public sealed record CreateCollection(
    string Name,
    string? Description = null,
    string? Language = null,
    ChunkingSettings? Chunking = null,
    RetrievalSettings? Retrieval = null);

/// <summary>What to change; null leaves as it is.</summary>
public sealed record UpdateCollection(
    string? Name = null,
    string? Description = null,
    ChunkingSettings? Chunking = null,
    RetrievalSettings? Retrieval = null);

/// <summary>Which retrievers run.</summary>
public enum SearchMode
{
    /// <summary>By words.</summary>
    Lexical,

    /// <summary>By embeddings.</summary>
    Dense,

    /// <summary>Both, fused.</summary>
    Hybrid,
}
