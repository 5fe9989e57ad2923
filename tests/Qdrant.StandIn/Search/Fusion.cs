using System.Globalization;
using System.Text.Json;
using Qdrant.StandIn.Store;

namespace Qdrant.StandIn.Search;

/// <summary>One ranking out of several.</summary>
internal static class Fusion
{
    /// <summary>Qdrant's own, when a request names none.</summary>
    public const int DefaultK = 2;

    /// <summary>Qdrant counts places from 0 and stretches them by the weight: 1 / ((place + 1) / weight + k - 1).</summary>
    public static List<(Point Point, float Score)> ReciprocalRanks(List<List<(Point Point, float Score)>> sources, int k, float[] weights)
    {
        if (weights.Length > 0 && weights.Length != sources.Count)
        {
            throw StandInException.WrongInput("there must be as many weights as prefetches.");
        }

        var scores = new Dictionary<Point, float>();
        for (var s = 0; s < sources.Count; s++)
        {
            for (var place = 0; place < sources[s].Count; place++)
            {
                var weight = weights.Length > 0 ? weights[s] : 1;
                var score = weight == 0 ? 0 : 1 / (((place + 1) / weight) + k - 1);
                scores[sources[s][place].Point] = scores.GetValueOrDefault(sources[s][place].Point) + score;
            }
        }

        return Sorted(scores);
    }

    /// <summary><c>$score[i]</c> is what prefetch i gave; where it did not have the point, its default.</summary>
    public static List<(Point Point, float Score)> ByFormula(List<List<(Point Point, float Score)>> sources, JsonElement formula, JsonElement? defaults)
    {
        var byPoint = sources.ConvertAll(static s => s.ToDictionary(static f => f.Point, static f => f.Score));
        return Sorted(sources.SelectMany(static s => s.Select(static f => f.Point)).Distinct()
            .ToDictionary(static p => p, p => (float)Value(formula, p, byPoint, defaults)));
    }

    private static double Value(JsonElement expression, Point point, List<Dictionary<Point, float>> sources, JsonElement? defaults)
    {
        switch (expression.ValueKind)
        {
            case JsonValueKind.Number:
                return expression.GetDouble();
            case JsonValueKind.String:
                return Variable(expression.GetString()!, point, sources, defaults);
        }

        var operation = expression.EnumerateObject().Single();
        return operation.Name switch
        {
            "sum" => operation.Value.EnumerateArray().Sum(e => Value(e, point, sources, defaults)),
            "mult" => operation.Value.EnumerateArray().Aggregate(1.0, (product, e) => product * Value(e, point, sources, defaults)),
            "neg" => -Value(operation.Value, point, sources, defaults),
            "abs" => Math.Abs(Value(operation.Value, point, sources, defaults)),
            _ => throw StandInException.NotHere($"the expression {operation.Name}"),
        };
    }

    private static double Variable(string name, Point point, List<Dictionary<Point, float>> sources, JsonElement? defaults)
    {
        if (!name.StartsWith("$score", StringComparison.Ordinal))
        {
            throw StandInException.NotHere("payload fields in formulas");
        }

        var source = name == "$score" ? 0 : int.Parse(name["$score[".Length..^1], CultureInfo.InvariantCulture);
        if (source < sources.Count && sources[source].TryGetValue(point, out var score))
        {
            return score;
        }

        return defaults is { } given && given.TryGetProperty(name, out var value)
            ? value.GetDouble()
            : throw StandInException.WrongInput($"No value found for {name}, and no default.");
    }

    private static List<(Point Point, float Score)> Sorted(Dictionary<Point, float> scores) =>
        [.. scores.Select(static s => (s.Key, s.Value)).OrderByDescending(static s => s.Value).ThenBy(static s => s.Key.Id, StringComparer.Ordinal)];
}
