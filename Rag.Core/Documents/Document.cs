using System.Text.Json.Nodes;

namespace Rag.Core.Documents;

/// <summary>What the outside sees of one document.</summary>
public sealed record Document
{
    /// <summary>Stays the same when new content arrives under the same source id.</summary>
    public required DocumentId Id { get; init; }

    /// <summary>Its collection.</summary>
    public required CollectionId Collection { get; init; }

    /// <summary>Which document it is within its collection; <c>sha256:...</c> of the content when the sender named none.</summary>
    public required string SourceId { get; init; }

    /// <summary>File name as uploaded, without any folder and without control characters.</summary>
    public required string Name { get; init; }

    /// <summary>Given by the sender, else what the document itself states; null when neither.</summary>
    public string? Title { get; init; }

    /// <summary>Recognised from the content once extracted; before that as declared.</summary>
    public string? MediaType { get; init; }

    /// <summary>At most 16 KB as JSON.</summary>
    public JsonObject Metadata { get; init; } = [];

    /// <summary>Where the newest content stands.</summary>
    public required DocumentStatus Status { get; init; }

    /// <summary>Step of the pipeline while processing.</summary>
    public string? Stage { get; init; }

    /// <summary>0 to 100.</summary>
    public int Progress { get; init; }

    /// <summary>Why it failed, or why the last attempt did.</summary>
    public Problem? Problem { get; init; }

    /// <summary>The generation that is searched now; null when none is.</summary>
    public long? ActiveGeneration { get; init; }

    /// <summary>Chunks of the active generation.</summary>
    public int Chunks { get; init; }

    /// <summary>Pages, for formats that have them.</summary>
    public int? Pages { get; init; }

    /// <summary>Size of the newest original.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Hash of the newest original, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> Sha256 { get; init; }

    /// <summary>What is known of the newest original; a document without one stays searchable.</summary>
    public OriginalState Original { get; init; }

    /// <summary>What a person should know although it is ready.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Attempts of the newest job.</summary>
    public int Attempts { get; init; }

    /// <summary>By the database's clock.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>By the database's clock.</summary>
    public DateTimeOffset Updated { get; init; }

    /// <summary>When a generation was last activated.</summary>
    public DateTimeOffset? ReadyAt { get; init; }
}

/// <summary>Where a document stands.</summary>
public enum DocumentStatus
{
    /// <summary>Accepted, waiting for a worker.</summary>
    Queued,

    /// <summary>A worker is at it.</summary>
    Processing,

    /// <summary>Its newest content is searchable.</summary>
    Ready,

    /// <summary>Parked with a reason; an older generation may still be searchable.</summary>
    Failed,
}

/// <summary>What the comparison of rows and store found of an original.</summary>
public enum OriginalState
{
    /// <summary>Nothing is known to be wrong.</summary>
    Present,

    /// <summary>The store has no such content. Sending the same file again puts it back.</summary>
    Missing,

    /// <summary>The store holds something else. Sending the same file again puts it right.</summary>
    Damaged,
}

/// <summary>A reason that a person can act on.</summary>
/// <param name="Code">Stable, kebab-case.</param>
/// <param name="Message">What happened and what to do.</param>
public sealed record Problem(string Code, string Message);
