namespace Rag.Core.Storage;

/// <summary>
/// The keys of every advisory lock that a session holds while it works. All of them stand here, because PostgreSQL knows only the number: two
/// jobs with one key would keep each other from working.
/// </summary>
internal static class AdvisoryLocks
{
    /// <summary>Whoever changes the schema.</summary>
    public const long Migrations = 0x5241_4700_0001;

    /// <summary>Whoever removes leftovers.</summary>
    public const long Sweeper = 0x5241_4700_0002;

    /// <summary>Whoever writes the vector index; held as long as the process lives.</summary>
    public const long Projector = 0x5241_4700_0003;

    /// <summary>First of the two keys of a worker's presence; the second is the number at the end of its name.</summary>
    public const int Presence = 0x5241_4701;
}
