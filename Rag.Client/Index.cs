namespace Rag.Client;

/// <summary>How the index is.</summary>
public sealed record IndexStatus
{
    /// <summary><c>embedded</c> or <c>qdrant</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>Whether documents are being written anew.</summary>
    public required bool Building { get; init; }

    /// <summary>Whether that is because the index never had everything yet.</summary>
    public bool Filling { get; init; }

    /// <summary>Searchable documents.</summary>
    public required long Documents { get; init; }

    /// <summary>How many of them it has as they are; while one is built beside it, how many that one has.</summary>
    public required long Indexed { get; init; }

    /// <summary>Age in seconds of the oldest change that is not in it; null where each process has an index of its own.</summary>
    public double? LagSeconds { get; init; }

    /// <summary>What came of asking for it to be built anew; null where nobody asked.</summary>
    public RebuildStart? Rebuild { get; init; }
}

/// <summary>What came of asking for an index that is built anew.</summary>
public enum RebuildStart
{
    /// <summary>It was begun.</summary>
    Begun,

    /// <summary>It was under way already.</summary>
    Running,

    /// <summary>Nothing was begun: the index that there is is being filled for the first time, with the settings that it was made with.</summary>
    Filling,

    /// <summary>Nothing was begun, for nothing in the collection is searched.</summary>
    Empty,
}
