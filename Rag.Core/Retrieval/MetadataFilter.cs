using System.Text.Json.Nodes;

namespace Rag.Core.Retrieval;

/// <summary>
/// A condition over a document's metadata. A missing field makes a comparison false, and <see cref="Not"/> of it true.
/// At most 8 levels and 64 comparisons.
/// </summary>
public abstract record MetadataFilter
{
    private MetadataFilter()
    {
    }

    /// <summary>Equal by JSON value; on an array: contains.</summary>
    public sealed record Equal(string Field, JsonNode? Value) : MetadataFilter;

    /// <summary>Equal to any of the values.</summary>
    public sealed record In(string Field, IReadOnlyList<JsonNode?> Values) : MetadataFilter;

    /// <summary>Numbers by value, strings by ordinal order; null bounds are open.</summary>
    public sealed record Range(string Field, JsonValue? Gt, JsonValue? Gte, JsonValue? Lt, JsonValue? Lte) : MetadataFilter;

    /// <summary>All hold.</summary>
    public sealed record And(IReadOnlyList<MetadataFilter> Parts) : MetadataFilter;

    /// <summary>At least one holds.</summary>
    public sealed record Or(IReadOnlyList<MetadataFilter> Parts) : MetadataFilter;

    /// <summary>Does not hold.</summary>
    public sealed record Not(MetadataFilter Part) : MetadataFilter;
}
