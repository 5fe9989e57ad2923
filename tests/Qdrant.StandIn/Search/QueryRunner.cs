using System.Text.Json;
using Qdrant.StandIn.Store;

namespace Qdrant.StandIn.Search;

/// <summary>The Query API: prefetches, and what is made of them.</summary>
internal static class QueryRunner
{
    private const int DefaultLimit = 10;

    public static List<(Point Point, float Score)> Run(StoredCollection collection, JsonElement request) => Run(collection, request, collection.Matching(Field(request, "filter")));

    private static List<(Point Point, float Score)> Run(StoredCollection collection, JsonElement request, IEnumerable<Point> among)
    {
        var prefetches = Field(request, "prefetch") is not { } given ? []
            : given.ValueKind == JsonValueKind.Array ? given.EnumerateArray().ToList()
            : [given];
        // A filter beside prefetches counts in each of them.
        var sources = prefetches.ConvertAll(p => Run(collection, p, collection.Matching(Field(p, "filter")).Intersect(among)));
        var query = Field(request, "query") ?? throw StandInException.NotHere("requests without a query");
        var found = Score(collection, request, query, sources, among);
        if (Field(request, "score_threshold") is { } threshold)
        {
            found.RemoveAll(f => f.Score < threshold.GetSingle());
        }

        var offset = Field(request, "offset")?.GetInt32() ?? 0;
        return [.. found.Skip(offset).Take(Field(request, "limit")?.GetInt32() ?? DefaultLimit)];
    }

    private static List<(Point Point, float Score)> Score(
        StoredCollection collection, JsonElement request, JsonElement query, List<List<(Point Point, float Score)>> sources, IEnumerable<Point> among)
    {
        var fused = query.ValueKind == JsonValueKind.Object;
        if (fused && query.TryGetProperty("rrf", out var rrf))
        {
            return Fusion.ReciprocalRanks(Fused(sources), Field(rrf, "k")?.GetInt32() ?? Fusion.DefaultK, [.. Field(rrf, "weights")?.EnumerateArray().Select(static w => w.GetSingle()) ?? []]);
        }

        if (fused && query.TryGetProperty("fusion", out var fusion))
        {
            return fusion.GetString() == "rrf" ? Fusion.ReciprocalRanks(Fused(sources), Fusion.DefaultK, []) : throw StandInException.NotHere("fusion by distribution");
        }

        if (fused && query.TryGetProperty("formula", out var formula))
        {
            return Fusion.ByFormula(Fused(sources), formula, Field(query, "defaults"));
        }

        var name = Field(request, "using")?.GetString() ?? throw StandInException.WrongInput("Not existing vector name error: ");
        var vector = fused && query.TryGetProperty("nearest", out var nearest) ? nearest : query;
        return NearestSearch.Find(collection, vector, name, sources.Count == 0 ? among : sources.SelectMany(static s => s.Select(static f => f.Point)).Distinct());
    }

    private static List<List<(Point Point, float Score)>> Fused(List<List<(Point Point, float Score)>> sources) =>
        sources.Count > 0 ? sources : throw StandInException.WrongInput("fusion needs prefetches.");

    private static JsonElement? Field(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
