using System.Text.Json;
using Qdrant.StandIn.Store;

namespace Qdrant.StandIn.Search;

/// <summary>Exact search; best first, equal scores by id.</summary>
internal static class NearestSearch
{
    public static List<(Point Point, float Score)> Find(StoredCollection collection, JsonElement vector, string name, IEnumerable<Point> points)
    {
        var scored = vector.ValueKind switch
        {
            JsonValueKind.Array => Dense(collection, [.. vector.EnumerateArray().Select(static v => v.GetSingle())], name, points),
            JsonValueKind.Object when vector.TryGetProperty("indices", out _) => Sparse(collection, SparseValues.Of(vector), name, points),
            _ => throw StandInException.NotHere("queries by point"),
        };
        return [.. scored.OrderByDescending(static s => s.Score).ThenBy(static s => s.Point.Id, StringComparer.Ordinal)];
    }

    public static float[] Normalised(float[] vector)
    {
        var length = MathF.Sqrt(Dot(vector, vector));
        return length == 0 ? vector : [.. vector.Select(v => v / length)];
    }

    private static IEnumerable<(Point Point, float Score)> Dense(StoredCollection collection, float[] vector, string name, IEnumerable<Point> points)
    {
        if (!collection.HasDense(name, vector.Length))
        {
            throw StandInException.WrongInput($"Not existing vector name error: {name}");
        }

        var query = collection.IsCosine(name) ? Normalised(vector) : vector;
        return points.Where(p => p.Dense.ContainsKey(name)).Select(p => (p, Dot(p.Dense[name], query)));
    }

    private static IEnumerable<(Point Point, float Score)> Sparse(StoredCollection collection, SparseValues vector, string name, IEnumerable<Point> points)
    {
        if (!collection.HasSparse(name))
        {
            throw StandInException.WrongInput($"Not existing vector name error: {name}");
        }

        foreach (var point in points)
        {
            if (point.Sparse.TryGetValue(name, out var held) && held.Dot(vector) is { } score)
            {
                yield return (point, score);
            }
        }
    }

    private static float Dot(float[] a, float[] b)
    {
        var sum = 0f;
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
