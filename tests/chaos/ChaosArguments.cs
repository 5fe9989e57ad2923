using System.Globalization;

namespace Rag.Chaos;

/// <summary>What to run: <c>--kills 100 --documents 200 --seed 1 --stores all|qdrant|embedded|bucket</c>.</summary>
internal sealed record ChaosArguments(int Kills, int Documents, int Seed, IReadOnlyList<ChaosStores> Stores)
{
    private const int DefaultKills = 100, DefaultDocuments = 200;

    /// <summary>All worlds, and no less than by default: only then the table is worth keeping.</summary>
    public bool IsFull => Kills >= DefaultKills && Documents >= DefaultDocuments && Stores.Count == Enum.GetValues<ChaosStores>().Length;

    public static ChaosArguments Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new ChaosArguments(DefaultKills, DefaultDocuments, 1, Enum.GetValues<ChaosStores>());
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : throw new ArgumentException($"'{arguments[i]}' needs a value.");
            parsed = (arguments[i], value) switch
            {
                ("--kills", _) => parsed with { Kills = Number(value) },
                ("--documents", _) => parsed with { Documents = Number(value) },
                ("--seed", _) => parsed with { Seed = Number(value) },
                ("--stores", "all") => parsed,
                ("--stores", "qdrant") => parsed with { Stores = [ChaosStores.Qdrant] },
                ("--stores", "embedded") => parsed with { Stores = [ChaosStores.Embedded] },
                ("--stores", "bucket") => parsed with { Stores = [ChaosStores.Bucket] },
                _ => throw new ArgumentException($"'{arguments[i]} {value}' is not understood."),
            };
        }

        return parsed;
    }

    private static int Number(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new ArgumentException($"'{value}' is not a number.");
}
