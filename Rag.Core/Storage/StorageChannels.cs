namespace Rag.Core.Storage;

/// <summary>
/// PostgreSQL's notification channels. A notification only wakes: whoever listens polls as well, as a rule once a second.
/// The payload is the collection's id.
/// </summary>
public static class StorageChannels
{
    /// <summary>Rows were added to <c>index_changes</c>.</summary>
    public const string IndexChanges = "rag_index_changes";

    /// <summary>Rows were added to <c>document_events</c>.</summary>
    public const string DocumentEvents = "rag_document_events";

    /// <summary>The index outside of the database has applied changes.</summary>
    public const string IndexProjected = "rag_index_projected";

    /// <summary>A job may be claimed.</summary>
    public const string Jobs = "rag_jobs";

    /// <summary>A collection was removed, and what it leaves behind may go. This one's poll is the sweeper's interval.</summary>
    public const string Removals = "rag_removals";

    /// <summary>Every channel.</summary>
    internal static readonly string[] All = [IndexChanges, DocumentEvents, IndexProjected, Jobs, Removals];
}
