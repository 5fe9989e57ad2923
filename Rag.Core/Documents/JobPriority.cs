namespace Rag.Core.Documents;

/// <summary>What goes first within a collection; the number is stored.</summary>
internal enum JobPriority
{
    /// <summary>Somebody waits for it: an upload, a retry of one document.</summary>
    Asked = 0,

    /// <summary>One of many at once: goes when nothing else of its collection is due.</summary>
    Bulk = 1,
}
