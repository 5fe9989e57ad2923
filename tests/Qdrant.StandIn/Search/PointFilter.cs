using System.Text.Json;
using Qdrant.StandIn.Store;

namespace Qdrant.StandIn.Search;

/// <summary>Qdrant's filters over a point's payload. A condition holds for an array when it holds for one of its elements.</summary>
internal static class PointFilter
{
    public static bool Matches(Point point, JsonElement filter)
    {
        var should = Conditions(filter, "should");
        return Conditions(filter, "must").All(c => Holds(point, c))
            && !Conditions(filter, "must_not").Any(c => Holds(point, c))
            && (should.Count == 0 || should.Any(c => Holds(point, c)))
            && (!filter.TryGetProperty("min_should", out var least) || least.ValueKind == JsonValueKind.Null
                || Conditions(least, "conditions").Count(c => Holds(point, c)) >= least.GetProperty("min_count").GetInt32());
    }

    private static List<JsonElement> Conditions(JsonElement filter, string name) =>
        !filter.TryGetProperty(name, out var conditions) || conditions.ValueKind == JsonValueKind.Null ? []
        : conditions.ValueKind == JsonValueKind.Array ? [.. conditions.EnumerateArray()]
        : [conditions];

    private static bool Holds(Point point, JsonElement condition)
    {
        if (condition.TryGetProperty("key", out var key))
        {
            return HoldsField(PayloadPath.Values(point.Payload, key.GetString()!), condition);
        }

        if (condition.TryGetProperty("has_id", out var ids))
        {
            return ids.EnumerateArray().Any(id => Point.IdOf(id) == point.Id);
        }

        if (condition.TryGetProperty("is_empty", out var empty))
        {
            return IsEmpty(PayloadPath.Values(point.Payload, empty.GetProperty("key").GetString()!));
        }

        if (condition.TryGetProperty("is_null", out var isNull))
        {
            return PayloadPath.Values(point.Payload, isNull.GetProperty("key").GetString()!).Any(static v => v.ValueKind == JsonValueKind.Null);
        }

        if (condition.TryGetProperty("has_vector", out var vector))
        {
            var name = vector.GetString()!;
            return point.Dense.ContainsKey(name) || point.Sparse.ContainsKey(name);
        }

        return condition.TryGetProperty("nested", out _) ? throw StandInException.NotHere("nested conditions") : Matches(point, condition);
    }

    private static bool HoldsField(IReadOnlyList<JsonElement> values, JsonElement condition)
    {
        var holds = true;
        foreach (var part in condition.EnumerateObject().Where(static p => p.Name != "key" && p.Value.ValueKind != JsonValueKind.Null))
        {
            holds &= part.Name switch
            {
                "match" => values.Any(v => IsMatch(v, part.Value)),
                "range" => values.Any(v => IsWithin(v, part.Value)),
                "is_empty" => IsEmpty(values) == part.Value.GetBoolean(),
                "is_null" => values.Any(static v => v.ValueKind == JsonValueKind.Null) == part.Value.GetBoolean(),
                _ => throw StandInException.NotHere($"the condition {part.Name}"),
            };
        }

        return holds;
    }

    private static bool IsEmpty(IReadOnlyList<JsonElement> values) => values.All(static v => v.ValueKind == JsonValueKind.Null);

    private static bool IsMatch(JsonElement value, JsonElement match)
    {
        if (match.TryGetProperty("value", out var one))
        {
            return AreEqual(value, one);
        }

        if (match.TryGetProperty("any", out var any))
        {
            return any.EnumerateArray().Any(a => AreEqual(value, a));
        }

        return match.TryGetProperty("except", out var except)
            ? !except.EnumerateArray().Any(e => AreEqual(value, e))
            : throw StandInException.NotHere("matching by text");
    }

    private static bool AreEqual(JsonElement value, JsonElement wanted) => (value.ValueKind, wanted.ValueKind) switch
    {
        (JsonValueKind.String, JsonValueKind.String) => value.GetString() == wanted.GetString(),
        (JsonValueKind.Number, JsonValueKind.Number) => value.TryGetInt64(out var a) && wanted.TryGetInt64(out var b) && a == b,
        (JsonValueKind.True or JsonValueKind.False, JsonValueKind.True or JsonValueKind.False) => value.ValueKind == wanted.ValueKind,
        _ => false,
    };

    private static bool IsWithin(JsonElement value, JsonElement range)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            return false;
        }

        var number = value.GetDouble();
        return range.EnumerateObject().Where(static b => b.Value.ValueKind != JsonValueKind.Null).All(bound => bound.Value.ValueKind != JsonValueKind.Number
            ? throw StandInException.NotHere("ranges of dates")
            : bound.Name switch
            {
                "gt" => number > bound.Value.GetDouble(),
                "gte" => number >= bound.Value.GetDouble(),
                "lt" => number < bound.Value.GetDouble(),
                _ => number <= bound.Value.GetDouble(),
            });
    }
}
