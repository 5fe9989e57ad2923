using System.Text.Json.Nodes;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>One search.</summary>
/// <param name="Terms">Null: not by words.</param>
/// <param name="Vector">Null: not by vector.</param>
/// <param name="Filter">See <see cref="QdrantFilter"/>.</param>
/// <param name="Depth">How many each retriever gives.</param>
internal sealed record QdrantQuery(SparseVector? Terms, ReadOnlyMemory<float>? Vector, JsonObject Filter, int Depth)
{
    private static readonly string[] Fields = [PayloadFields.Document, PayloadFields.Generation, PayloadFields.Ordinal];

    /// <param name="fusionK">Constant of the fusion.</param>
    /// <param name="rescores">Vectors are held in a smaller form too: the best by that are compared in full, which Qdrant else decides by itself.</param>
    public JsonObject ToJson(int fusionK, bool rescores)
    {
        var request = (Terms, Vector) switch
        {
            ({ } terms, { } vector) => new JsonObject
            {
                ["prefetch"] = new JsonArray(ByTerms(terms), ByVector(vector, rescores)),
                ["query"] = new JsonObject { ["rrf"] = new JsonObject { ["k"] = fusionK } },
                ["limit"] = 2 * Depth,
            },
            ({ } terms, null) => ByTerms(terms),
            (null, { } vector) => ByVector(vector, rescores),
            _ => throw new InvalidOperationException("A search needs terms or a vector."),
        };
        request["with_payload"] = QdrantClient.Strings(Fields);
        return request;
    }

    private JsonObject ByTerms(SparseVector terms) => Retriever(
        QdrantClient.Terms,
        new JsonObject
        {
            ["indices"] = new JsonArray([.. terms.Indices.Select(static i => JsonValue.Create(i))]),
            ["values"] = new JsonArray([.. terms.Values.Select(static v => JsonValue.Create(v))]),
        });

    private JsonObject ByVector(ReadOnlyMemory<float> vector, bool rescores)
    {
        var retriever = Retriever(QdrantClient.Dense, new JsonArray([.. vector.ToArray().Select(static v => JsonValue.Create(v))]));
        if (rescores)
        {
            retriever["params"] = new JsonObject { ["quantization"] = new JsonObject { ["rescore"] = true } };
        }

        return retriever;
    }

    private JsonObject Retriever(string name, JsonNode query) => new()
    {
        ["query"] = query,
        ["using"] = name,
        ["filter"] = Filter.DeepClone(),
        ["limit"] = Depth,
    };
}
