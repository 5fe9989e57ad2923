using System.Text.Json.Nodes;
using Rag.Core.Documents;
using Rag.Core.Retrieval;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Filters in Qdrant's language. It cannot order strings: a range of strings lets every string through, and the database's check of the
/// hits decides.
/// </summary>
internal static class QdrantFilter
{
    /// <summary>Points of one collection, and of documents that meet the filter.</summary>
    /// <param name="collection">The tenant.</param>
    /// <param name="filter">Null: every document.</param>
    public static JsonObject Of(CollectionId collection, MetadataFilter? filter)
    {
        var must = new JsonArray(Field(PayloadFields.Collection, Match(collection.ToString())));
        if (filter is not null && Translate(filter, positive: true) is { } condition)
        {
            must.Add(condition);
        }

        return new JsonObject { ["must"] = must };
    }

    /// <summary>Everything of one collection.</summary>
    public static JsonObject OfCollection(CollectionId collection) => Of(collection, null);

    /// <summary>Everything of other collections than these.</summary>
    public static JsonObject OfOthers(IReadOnlyCollection<CollectionId> collections) => collections.Count == 0 ? [] : new JsonObject
    {
        ["must_not"] = new JsonArray(Field(PayloadFields.Collection, new JsonObject
        {
            ["match"] = new JsonObject { ["any"] = QdrantClient.Strings(collections.Select(static c => c.ToString())) },
        })),
    };

    /// <summary>
    /// Every point of these documents that is older than the generation that each has now; null: the document is gone, and all of its points
    /// with it. Never a newer one: whoever asks for this may know less than another who has written since.
    /// </summary>
    public static JsonObject Outdated(CollectionId collection, IEnumerable<(DocumentId Document, long? Generation)> documents) => OfDocuments(
        collection,
        documents.Select(static d => d.Generation is { } generation
            ? new JsonArray(OfDocument(d.Document), Field(PayloadFields.Generation, new JsonObject { ["range"] = new JsonObject { ["lt"] = generation } }))
            : new JsonArray(OfDocument(d.Document))));

    /// <summary>The points of these generations.</summary>
    public static JsonObject OfGenerations(CollectionId collection, IEnumerable<(DocumentId Document, long Generation)> generations) => OfDocuments(
        collection, generations.Select(static g => new JsonArray(OfDocument(g.Document), Field(PayloadFields.Generation, Match(g.Generation)))));

    private static JsonObject OfDocuments(CollectionId collection, IEnumerable<JsonArray> each)
    {
        var filter = OfCollection(collection);
        filter["should"] = new JsonArray([.. each.Select(static conditions => new JsonObject { ["must"] = conditions })]);
        return filter;
    }

    private static JsonObject OfDocument(DocumentId document) => Field(PayloadFields.Document, Match(document.ToString()));

    // Null: no condition. What cannot be said exactly is left out where that only lets more through: below an even number of negations.
    private static JsonObject? Translate(MetadataFilter filter, bool positive)
    {
        switch (filter)
        {
            case MetadataFilter.Equal equal:
                return Token(MetadataTokens.Value(equal.Field, equal.Value));
            case MetadataFilter.In oneOf:
                return Field(PayloadFields.Values, new JsonObject
                {
                    ["match"] = new JsonObject { ["any"] = new JsonArray([.. oneOf.Values.Select(v => JsonValue.Create(MetadataTokens.Value(oneOf.Field, v)))]) },
                });
            case MetadataFilter.Range range:
                return TranslateRange(range, positive);
            case MetadataFilter.Not not:
                return Translate(not.Part, !positive) is { } part ? new JsonObject { ["must_not"] = new JsonArray(part) } : null;
            case MetadataFilter.And and:
                return TranslateAll(and.Parts, "must", positive);
            case MetadataFilter.Or or:
                return TranslateAll(or.Parts, "should", positive);
            default:
                throw new RagException("invalid-filter", $"A filter of kind '{filter.GetType().Name}' is not known.");
        }
    }

    private static JsonObject? TranslateAll(IReadOnlyList<MetadataFilter> parts, string word, bool positive)
    {
        var conditions = new JsonArray();
        var isOpen = false;
        foreach (var part in parts)
        {
            if (Translate(part, positive) is { } condition)
            {
                conditions.Add(condition);
            }
            else
            {
                isOpen = true;
            }
        }

        // What was left out stands for "everything" where it lets more through, and for "nothing" below a negation.
        var decides = word == "should" ? positive : !positive;
        if ((isOpen && decides) || (conditions.Count == 0 && isOpen))
        {
            return null;
        }

        // Neither Qdrant nor anybody else agrees on what an empty list means: all of nothing holds, one of nothing does not.
        return conditions.Count > 0 ? new JsonObject { [word] = conditions } : word == "must" ? new JsonObject() : Never();
    }

    private static JsonObject? TranslateRange(MetadataFilter.Range range, bool positive)
    {
        var bounds = ((string Name, JsonValue? Value)[])[("gt", range.Gt), ("gte", range.Gte), ("lt", range.Lt), ("lte", range.Lte)];
        var given = Array.FindAll(bounds, static b => b.Value is not null);
        if (given.Length == 0)
        {
            return Token(MetadataTokens.Comparable(range.Field));
        }

        if (Array.TrueForAll(given, static b => b.Value!.GetValueKind() == System.Text.Json.JsonValueKind.Number))
        {
            var limits = new JsonObject();
            foreach (var (name, value) in given)
            {
                limits[name] = value!.DeepClone();
            }

            return Field($"{PayloadFields.Numbers}.{MetadataTokens.NumberKey(range.Field)}", new JsonObject { ["range"] = limits });
        }

        if (!Array.TrueForAll(given, static b => b.Value!.GetValueKind() == System.Text.Json.JsonValueKind.String))
        {
            // A number above a string, or the other way round: no value is within.
            return Never();
        }

        return positive ? Token(MetadataTokens.Text(range.Field)) : null;
    }

    private static JsonObject Token(string token) => Field(PayloadFields.Values, Match(token));

    private static JsonObject Never() => Token(string.Empty);

    private static JsonObject Match(JsonValue value) => new() { ["match"] = new JsonObject { ["value"] = value } };

    private static JsonObject Match(string value) => Match(JsonValue.Create(value));

    private static JsonObject Match(long value) => Match(JsonValue.Create(value));

    private static JsonObject Field(string key, JsonObject condition)
    {
        condition["key"] = key;
        return condition;
    }
}

/// <summary>Names in a point's payload; short, because each point has them.</summary>
internal static class PayloadFields
{
    /// <summary>Tenant.</summary>
    public const string Collection = "collection";

    /// <summary>Document.</summary>
    public const string Document = "document";

    /// <summary>Generation.</summary>
    public const string Generation = "generation";

    /// <summary>Place in the generation.</summary>
    public const string Ordinal = "ordinal";

    /// <summary>Digest of the metadata that the point was written with.</summary>
    public const string Metadata = "metadata";

    /// <summary>See <see cref="MetadataTokens.Values"/>.</summary>
    public const string Values = "values";

    /// <summary>See <see cref="MetadataTokens.Numbers"/>.</summary>
    public const string Numbers = "numbers";
}
