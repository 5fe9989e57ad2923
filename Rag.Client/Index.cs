namespace Rag.Client;

/// <summary>How the index is.</summary>
public sealed record IndexStatus
{
    /// <summary><c>embedded</c> or <c>qdrant</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>Whether documents are being written anew.</summary>
    public required bool Building { get; init; }

    /// <summary>Searchable documents.</summary>
    public required long Documents { get; init; }

    /// <summary>How many of them it has as they are; while one is built beside it, how many that one has.</summary>
    public required long Indexed { get; init; }

    /// <summary>Age in seconds of the oldest change that is not in it; null where each process has an index of its own.</summary>
    public double? LagSeconds { get; init; }
}
