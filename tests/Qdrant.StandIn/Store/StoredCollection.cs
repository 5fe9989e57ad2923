using System.Text.Json;
using Qdrant.StandIn.Search;

namespace Qdrant.StandIn.Store;

/// <summary>One collection: its configuration, its payload indexes, its points.</summary>
internal sealed class StoredCollection
{
    private readonly Dictionary<string, (int Size, string Distance)> _dense = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sparse = new(StringComparer.Ordinal);

    public StoredCollection(JsonElement configuration)
    {
        Configuration = configuration;
        if (configuration.TryGetProperty("vectors", out var vectors) && vectors.ValueKind == JsonValueKind.Object)
        {
            foreach (var vector in vectors.TryGetProperty("size", out _) ? [] : vectors.EnumerateObject().ToArray())
            {
                _dense[vector.Name] = (vector.Value.GetProperty("size").GetInt32(), vector.Value.GetProperty("distance").GetString()!);
            }
        }

        if (configuration.TryGetProperty("sparse_vectors", out var sparse) && sparse.ValueKind == JsonValueKind.Object)
        {
            _sparse.UnionWith(sparse.EnumerateObject().Select(static s => s.Name));
        }

        if (_dense.Values.FirstOrDefault(static v => v.Distance is not ("Dot" or "Cosine")) is { Distance: { } distance })
        {
            throw StandInException.NotHere($"the distance {distance}");
        }
    }

    public JsonElement Configuration { get; }

    public Dictionary<string, JsonElement> PayloadIndexes { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, Point> Points { get; } = new(StringComparer.Ordinal);

    public void Upsert(JsonElement body, long operation)
    {
        if (!body.TryGetProperty("points", out var points))
        {
            throw StandInException.NotHere("batches in columns");
        }

        // All or nothing: a wrong point among right ones changes nothing.
        foreach (var point in points.EnumerateArray().Select(p => Read(p, operation)).ToList())
        {
            Points[point.Id] = point;
        }
    }

    public void Delete(JsonElement selector)
    {
        if (selector.TryGetProperty("points", out var ids))
        {
            foreach (var id in ids.EnumerateArray())
            {
                Points.Remove(Point.IdOf(id));
            }

            return;
        }

        foreach (var id in Matching(selector.GetProperty("filter")).Select(static p => p.Id).ToList())
        {
            Points.Remove(id);
        }
    }

    /// <summary>Puts fields over those that the points have.</summary>
    public void SetPayload(JsonElement body, long operation)
    {
        if (body.TryGetProperty("key", out var key) && key.ValueKind != JsonValueKind.Null)
        {
            throw StandInException.NotHere("a payload below a key");
        }

        var targets = body.TryGetProperty("points", out var ids) && ids.ValueKind == JsonValueKind.Array
            ? ids.EnumerateArray().Select(static i => Point.IdOf(i)).Where(Points.ContainsKey).Select(i => Points[i])
            : Matching(body.GetProperty("filter"));
        foreach (var point in targets.ToList())
        {
            var merged = point.Payload.EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value, StringComparer.Ordinal);
            foreach (var field in body.GetProperty("payload").EnumerateObject())
            {
                merged[field.Name] = field.Value;
            }

            Points[point.Id] = point with { Payload = JsonSerializer.SerializeToElement(merged), Version = operation };
        }
    }

    public IEnumerable<Point> Matching(JsonElement? filter) =>
        filter is { ValueKind: JsonValueKind.Object } wanted ? Points.Values.Where(p => PointFilter.Matches(p, wanted)) : Points.Values;

    public bool HasDense(string name, int length)
    {
        if (!_dense.TryGetValue(name, out var vector))
        {
            return false;
        }

        return vector.Size == length ? true : throw StandInException.WrongInput($"Vector dimension error: expected dim: {vector.Size}, got {length}");
    }

    public bool HasSparse(string name) => _sparse.Contains(name);

    public bool IsCosine(string name) => _dense[name].Distance == "Cosine";

    private Point Read(JsonElement element, long operation)
    {
        var dense = new Dictionary<string, float[]>(StringComparer.Ordinal);
        var sparse = new Dictionary<string, SparseValues>(StringComparer.Ordinal);
        var vectors = element.GetProperty("vector");
        if (vectors.ValueKind != JsonValueKind.Object)
        {
            throw StandInException.WrongInput("Not existing vector name error: ");
        }

        foreach (var vector in vectors.EnumerateObject())
        {
            if (vector.Value.ValueKind == JsonValueKind.Array)
            {
                var values = vector.Value.EnumerateArray().Select(static v => v.GetSingle()).ToArray();
                if (!HasDense(vector.Name, values.Length))
                {
                    throw StandInException.WrongInput($"Not existing vector name error: {vector.Name}");
                }

                dense[vector.Name] = IsCosine(vector.Name) ? NearestSearch.Normalised(values) : values;
            }
            else if (HasSparse(vector.Name))
            {
                sparse[vector.Name] = SparseValues.Of(vector.Value);
            }
            else
            {
                throw StandInException.WrongInput($"Not existing vector name error: {vector.Name}");
            }
        }

        var payload = element.TryGetProperty("payload", out var given) && given.ValueKind == JsonValueKind.Object ? given : JsonSerializer.SerializeToElement(new { });
        return new Point(Point.IdOf(element.GetProperty("id")), dense, sparse, payload) { Version = operation };
    }
}
