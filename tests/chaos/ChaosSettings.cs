namespace Rag.Chaos;

/// <summary>Which stores the services work on.</summary>
internal enum ChaosStores
{
    /// <summary>Qdrant's stand-in, and originals in PostgreSQL: nothing is shared but servers.</summary>
    Qdrant,

    /// <summary>An index in every API's memory, and originals on a small disk that can be full.</summary>
    Embedded,

    /// <summary>The same index, and originals in a bucket of an object store.</summary>
    Bucket,
}

/// <summary>One run.</summary>
/// <param name="Stores">In which world.</param>
/// <param name="Documents">How many are sent.</param>
/// <param name="Kills">How many processes are killed at least; other faults come on top.</param>
/// <param name="Seed">Of everything that is left to chance here; when a process is hit is the machine's own chance.</param>
/// <param name="Settle">How long everything may take to come to rest after the last fault.</param>
/// <param name="LogFolder">Where what the services write is kept; null: nowhere.</param>
internal sealed record ChaosSettings(ChaosStores Stores, int Documents, int Kills, int Seed, TimeSpan Settle, string? LogFolder = null)
{
    /// <summary>API processes.</summary>
    public const int Apis = 2;

    /// <summary>Worker processes.</summary>
    public const int Workers = 3;

    /// <summary>Clients that send, and clients that ask.</summary>
    public const int Senders = 8, Readers = 2;
}
