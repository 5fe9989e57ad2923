using System.Text.Json;
using System.Text.Json.Nodes;
using Rag.Core.Retrieval;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Questions;

/// <summary>
/// Reads a filter from JSON. One operator per object:
/// <code>{"and":[{"eq":{"lang":"en"}},{"not":{"range":{"year":{"lt":2020}}}}]}</code>
/// </summary>
internal sealed class FilterReader
{
    private const int MaxDepth = 8;
    private const int MaxClauses = 64;
    private const int MaxValues = 200;

    private int _clauses;

    /// <exception cref="ProblemException"><c>invalid-filter</c>; the detail names the place.</exception>
    public static MetadataFilter? Read(JsonObject? filter) => filter is null ? null : new FilterReader().Node(filter, "filter", 1);

    private MetadataFilter Node(JsonNode? node, string path, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Invalid($"is more than {MaxDepth} levels deep", path);
        }

        if (node is not JsonObject { Count: 1 } entry)
        {
            throw Invalid("must be an object with exactly one of eq, in, range, and, or, not", path);
        }

        var (name, value) = entry.Single();
        var inner = $"{path}.{(name.Length <= 20 ? name : name[..20])}";
        return name switch
        {
            "and" => new MetadataFilter.And(Parts(value, inner, depth)),
            "or" => new MetadataFilter.Or(Parts(value, inner, depth)),
            "not" => new MetadataFilter.Not(Node(value, inner, depth + 1)),
            "eq" => Equal(value, inner),
            "in" => In(value, inner),
            "range" => Range(value, inner),
            _ => throw Invalid("is unknown; there are eq, in, range, and, or, not", inner),
        };
    }

    private List<MetadataFilter> Parts(JsonNode? value, string path, int depth)
    {
        if (value is not JsonArray { Count: > 0 } parts)
        {
            throw Invalid("must be a list of at least one filter", path);
        }

        return [.. parts.Select((part, index) => Node(part, $"{path}[{index}]", depth + 1))];
    }

    private MetadataFilter.Equal Equal(JsonNode? value, string path)
    {
        var (field, wanted) = Clause(value, path);
        return IsScalar(wanted)
            ? new MetadataFilter.Equal(field, wanted?.DeepClone())
            : throw Invalid("must compare with a string, a number, true, false or null", path);
    }

    private MetadataFilter.In In(JsonNode? value, string path)
    {
        var (field, wanted) = Clause(value, path);
        if (wanted is not JsonArray { Count: > 0 and <= MaxValues } values || !values.All(IsScalar))
        {
            throw Invalid($"must list 1 to {MaxValues} strings, numbers, true, false or null", path);
        }

        return new MetadataFilter.In(field, [.. values.Select(static item => item?.DeepClone())]);
    }

    private MetadataFilter.Range Range(JsonNode? value, string path)
    {
        var (field, bounds) = Clause(value, path);
        if (bounds is not JsonObject { Count: > 0 } limits)
        {
            throw Invalid("must have at least one of gt, gte, lt, lte", path);
        }

        foreach (var (name, limit) in limits)
        {
            if (name is not ("gt" or "gte" or "lt" or "lte"))
            {
                throw Invalid("knows gt, gte, lt, lte and nothing else", path);
            }

            if (limit?.GetValueKind() is not (JsonValueKind.Number or JsonValueKind.String))
            {
                throw Invalid("must be a number or a string", $"{path}.{name}");
            }
        }

        JsonValue? Bound(string name) => limits[name]?.DeepClone().AsValue();
        return new MetadataFilter.Range(field, Bound("gt"), Bound("gte"), Bound("lt"), Bound("lte"));
    }

    private (string Field, JsonNode? Value) Clause(JsonNode? value, string path)
    {
        if (++_clauses > MaxClauses)
        {
            throw Invalid($"has more than {MaxClauses} comparisons", "filter");
        }

        return value is JsonObject { Count: 1 } entry && entry.Single() is { Key.Length: > 0 } clause
            ? (clause.Key, clause.Value)
            : throw Invalid("must name exactly one field", path);
    }

    private static bool IsScalar(JsonNode? node) => node is null or JsonValue;

    private static ProblemException Invalid(string what, string path) =>
        new("invalid-filter", $"'{path}' {what}. See 'Filter' in docs/api.md.");
}
