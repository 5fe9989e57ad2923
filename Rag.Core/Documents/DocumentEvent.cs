namespace Rag.Core.Documents;

/// <summary>Something that happened to a document, as <c>GET .../events</c> tells it.</summary>
public sealed record DocumentEvent
{
    /// <summary>Its collection.</summary>
    public required CollectionId Collection { get; init; }

    /// <summary>Counts up by one within a collection, without gaps.</summary>
    public required long Sequence { get; init; }

    /// <summary>True: events are missing before this one, list the documents again. The fields below say nothing then.</summary>
    public bool IsReset { get; init; }

    /// <summary>The document.</summary>
    public DocumentId Document { get; init; }

    /// <summary>Its file name.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>queued</c>, <c>processing</c>, <c>ready</c>, <c>failed</c> or <c>deleted</c>.</summary>
    public string Status { get; init; } = "";

    /// <summary>Step of the pipeline while processing.</summary>
    public string? Stage { get; init; }

    /// <summary>0 to 100.</summary>
    public int Progress { get; init; }

    /// <summary>Why it failed.</summary>
    public Problem? Problem { get; init; }

    /// <summary>By the database's clock.</summary>
    public DateTimeOffset At { get; init; }
}
