using System.ComponentModel.DataAnnotations;

namespace Rag.Core.Chunking;

/// <summary>How a collection's documents are cut. Stored with the collection; changing it affects documents processed afterwards.</summary>
public sealed record ChunkingSettings
{
    /// <summary>Aim of a chunk's size in estimated tokens.</summary>
    [Range(50, 2000)]
    public int TargetTokens { get; init; } = 400;

    /// <summary>Hard limit for one chunk: tables and code blocks are kept whole up to here.</summary>
    [Range(50, 8000)]
    public int MaxTokens { get; init; } = 800;

    /// <summary>Tokens repeated from the end of the chunk before; whole sentences only; at most 15 % of the target.</summary>
    [Range(0, 300)]
    public int OverlapTokens { get; init; } = 40;
}
