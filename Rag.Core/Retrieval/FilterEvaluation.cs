using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rag.Core.Retrieval;

/// <summary>Decides whether a document's metadata meets a filter.</summary>
internal static class FilterEvaluation
{
    /// <summary>Evaluates a filter over a metadata object.</summary>
    public static bool Matches(MetadataFilter filter, JsonElement metadata) => filter switch
    {
        MetadataFilter.Equal equal => AnyValue(metadata, equal.Field, value => AreEqual(value, equal.Value)),
        MetadataFilter.In oneOf => AnyValue(metadata, oneOf.Field, value => oneOf.Values.Any(wanted => AreEqual(value, wanted))),
        MetadataFilter.Range range => AnyValue(metadata, range.Field, value => IsWithin(value, range)),
        MetadataFilter.And and => and.Parts.All(part => Matches(part, metadata)),
        MetadataFilter.Or or => or.Parts.Any(part => Matches(part, metadata)),
        MetadataFilter.Not not => !Matches(not.Part, metadata),
        _ => throw new RagException("invalid-filter", $"A filter of kind '{filter.GetType().Name}' is not known."),
    };

    // A comparison holds for an array when it holds for one of its elements, or for the array as a whole.
    private static bool AnyValue(JsonElement metadata, string field, Func<JsonElement, bool> holds)
    {
        if (metadata.ValueKind != JsonValueKind.Object || !metadata.TryGetProperty(field, out var value))
        {
            return false;
        }

        return holds(value) || (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().Any(holds));
    }

    private static bool AreEqual(JsonElement value, JsonNode? wanted)
    {
        if (wanted is null)
        {
            return value.ValueKind == JsonValueKind.Null;
        }

        if (value.ValueKind == JsonValueKind.Number && wanted.GetValueKind() == JsonValueKind.Number)
        {
            return Number(value) is { } a && Number(wanted) is { } b && a == b;
        }

        return value.ValueKind == wanted.GetValueKind() && (value.ValueKind == JsonValueKind.String
            ? value.ValueEquals(wanted.GetValue<string>())
            : JsonNode.DeepEquals(JsonNode.Parse(value.GetRawText()), wanted));
    }

    private static bool IsWithin(JsonElement value, MetadataFilter.Range range) =>
        Holds(value, range.Gt, static order => order > 0) && Holds(value, range.Gte, static order => order >= 0)
        && Holds(value, range.Lt, static order => order < 0) && Holds(value, range.Lte, static order => order <= 0);

    private static bool Holds(JsonElement value, JsonValue? bound, Func<int, bool> test)
    {
        if (bound is null)
        {
            return value.ValueKind is JsonValueKind.Number or JsonValueKind.String;
        }

        return (value.ValueKind, bound.GetValueKind()) switch
        {
            (JsonValueKind.Number, JsonValueKind.Number) => Number(value) is { } a && Number(bound) is { } b && test(a.CompareTo(b)),
            (JsonValueKind.String, JsonValueKind.String) => test(string.CompareOrdinal(value.GetString(), bound.GetValue<string>())),
            _ => false,
        };
    }

    private static double? Number(JsonElement value) => value.TryGetDouble(out var number) ? number : null;

    // A node made by code holds a CLR number, one that was parsed an element: its JSON text is what both have.
    private static double? Number(JsonNode value) =>
        double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>A filter by value, for caches: records compare lists and JSON nodes by reference.</summary>
/// <param name="Text">One spelling of the filter.</param>
internal readonly record struct MetadataFilterKey(string Text)
{
    public static MetadataFilterKey Of(MetadataFilter filter)
    {
        var text = new StringBuilder();
        Append(text, filter);
        return new MetadataFilterKey(text.ToString());
    }

    private static void Append(StringBuilder text, MetadataFilter filter)
    {
        switch (filter)
        {
            case MetadataFilter.Equal equal:
                text.Append("eq(").Append(Json(equal.Field)).Append(',').Append(Json(equal.Value)).Append(')');
                break;
            case MetadataFilter.In oneOf:
                text.Append("in(").Append(Json(oneOf.Field)).Append(',').AppendJoin(',', oneOf.Values.Select(Json)).Append(')');
                break;
            case MetadataFilter.Range range:
                text.Append("range(").Append(Json(range.Field)).Append(',')
                    .AppendJoin(',', new[] { range.Gt, range.Gte, range.Lt, range.Lte }.Select(static b => b is null ? "-" : Json(b))).Append(')');
                break;
            case MetadataFilter.And and:
                AppendAll(text, "and(", and.Parts);
                break;
            case MetadataFilter.Or or:
                AppendAll(text, "or(", or.Parts);
                break;
            case MetadataFilter.Not not:
                AppendAll(text, "not(", [not.Part]);
                break;
        }
    }

    private static void AppendAll(StringBuilder text, string name, IReadOnlyList<MetadataFilter> parts)
    {
        text.Append(name);
        foreach (var part in parts)
        {
            Append(text, part);
            text.Append(';');
        }

        text.Append(')');
    }

    private static string Json(JsonNode? node) => node?.ToJsonString() ?? "null";

    private static string Json(string field) => JsonValue.Create(field).ToJsonString();
}
