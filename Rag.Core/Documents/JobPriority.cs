namespace Rag.Core.Documents;

/// <summary>What goes first within a collection; the number is stored.</summary>
internal enum JobPriority
{
    /// <summary>Somebody waits for it: one that was sent by itself, or among the first of several.</summary>
    Asked = 0,

    /// <summary>One of several that the same sender has waiting: behind what others send by itself, before what is large.</summary>
    Several = 1,

    /// <summary>One of many: goes when nothing else of its collection is due.</summary>
    Bulk = 2,
}
