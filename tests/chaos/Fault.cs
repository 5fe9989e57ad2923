namespace Rag.Chaos;

/// <summary>What is done to the world.</summary>
internal enum Fault
{
    KillWorker,
    KillApi,
    KillPostgres,
    KillRedis,
    KillVectors,
    StopPostgres,
    CutPostgres,
    CutRedis,
    CutVectors,
    CutBucket,
    FillDisk,
}

/// <summary>Which faults a run has, in which order.</summary>
internal static class Faults
{
    /// <summary>Whether a process ends by SIGKILL.</summary>
    public static bool IsKill(Fault fault) => fault is Fault.KillWorker or Fault.KillApi or Fault.KillPostgres or Fault.KillRedis or Fault.KillVectors;

    /// <summary>For the report.</summary>
    public static string NameOf(Fault fault) => fault switch
    {
        Fault.KillWorker => "worker killed",
        Fault.KillApi => "API killed",
        Fault.KillPostgres => "PostgreSQL killed",
        Fault.KillRedis => "Redis killed",
        Fault.KillVectors => "vector server killed",
        Fault.StopPostgres => "PostgreSQL stopped",
        Fault.CutPostgres => "connections to PostgreSQL cut",
        Fault.CutRedis => "connections to Redis cut",
        Fault.CutVectors => "connections to the vector server cut",
        Fault.CutBucket => "connections to the object store cut",
        Fault.FillDisk => "disk of the originals full",
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, null),
    };

    /// <summary>At least one of each kind that the world has, shuffled; as many kills as asked for.</summary>
    /// <param name="stores">Which world.</param>
    /// <param name="kills">How many.</param>
    /// <param name="random">Shuffles.</param>
    /// <param name="hasSmallDisk">Whether the originals are on a disk that can be filled.</param>
    public static IReadOnlyList<Fault> Deal(ChaosStores stores, int kills, Random random, bool hasSmallDisk)
    {
        var faults = new List<Fault>();
        Add(Fault.KillApi, 0.25);
        Add(Fault.KillPostgres, 0.1);
        Add(Fault.KillRedis, 0.05);
        if (stores == ChaosStores.Qdrant)
        {
            Add(Fault.KillVectors, 0.1);
        }

        faults.AddRange(Enumerable.Repeat(Fault.KillWorker, Math.Max(1, kills - faults.Count)));
        Add(Fault.StopPostgres, 0.05);
        Add(Fault.CutPostgres, 0.1);
        Add(Fault.CutRedis, 0.05);
        if (stores == ChaosStores.Qdrant)
        {
            Add(Fault.CutVectors, 0.1);
        }
        else if (stores == ChaosStores.Bucket)
        {
            Add(Fault.CutBucket, 0.2);
        }
        else if (hasSmallDisk)
        {
            Add(Fault.FillDisk, 0.1);
        }

        var dealt = faults.ToArray();
        random.Shuffle(dealt);
        return dealt;

        void Add(Fault fault, double share) => faults.AddRange(Enumerable.Repeat(fault, Math.Max(1, (int)(kills * share))));
    }
}
