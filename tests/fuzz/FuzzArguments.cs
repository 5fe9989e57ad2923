using System.Globalization;

namespace Rag.Fuzz;

/// <summary>What to run: <c>--count 10000 --seed 1 --format pdf --format docx --through both|here|child --only 4711 --parallel 2</c>.</summary>
internal sealed record FuzzArguments(int Count, int Seed, IReadOnlyList<string> Formats, bool Here, bool Child, int? Only, int Parallel)
{
    private const int DefaultCount = 10_000;

    public static FuzzArguments Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new FuzzArguments(DefaultCount, 1, [], true, true, null, Environment.ProcessorCount);
        for (var i = 0; i < arguments.Count; i += 2)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : throw new ArgumentException($"'{arguments[i]}' needs a value.");
            parsed = arguments[i] switch
            {
                "--count" => parsed with { Count = Number(value) },
                "--seed" => parsed with { Seed = Number(value) },
                "--format" => parsed with { Formats = [.. parsed.Formats, value] },
                "--only" => parsed with { Only = Number(value) },
                "--parallel" => parsed with { Parallel = Number(value) },
                "--through" when value is "both" or "here" or "child" => parsed with { Here = value != "child", Child = value != "here" },
                _ => throw new ArgumentException($"'{arguments[i]} {value}' is not understood."),
            };
        }

        return parsed;
    }

    private static int Number(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new ArgumentException($"'{value}' is not a number.");
}
