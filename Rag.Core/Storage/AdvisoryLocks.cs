namespace Rag.Core.Storage;

/// <summary>
/// Every advisory lock that the processes of one database know, in one place: two tasks that shared a number would keep each other from
/// their work for good, and nobody would see why.
/// </summary>
internal static class AdvisoryLocks
{
    /// <summary>Whoever changes the schema.</summary>
    public const long Migrator = 0x5241_4700_0001;

    /// <summary>Whoever sweeps and compares.</summary>
    public const long Sweeper = 0x5241_4700_0002;

    /// <summary>Whoever writes the vector index; held as long as its process runs.</summary>
    public const long Projector = 0x5241_4700_0003;

    /// <summary>First key of the locks by which workers show that they live; the second is the number at the end of the name.</summary>
    public const int WorkerPresence = 0x5241_4701;
}
