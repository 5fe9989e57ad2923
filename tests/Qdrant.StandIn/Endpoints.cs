using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Qdrant.StandIn.Contract;
using Qdrant.StandIn.Search;
using Qdrant.StandIn.Store;

namespace Qdrant.StandIn;

/// <summary>The operations that the product and its tests rely on; every other one of the description answers 501.</summary>
internal static class Endpoints
{
    public static void Map(WebApplication app, Server server, ContractGate gate)
    {
        app.MapGet("/", () => new { title = gate.IsChecking ? "qdrant - vector search engine (stand-in)" : "qdrant - vector search engine (stand-in, unchecked)", version = "1.18.0" });
        foreach (var health in (string[])["/healthz", "/readyz", "/livez"])
        {
            app.MapGet(health, static () => "healthz check passed");
        }

        app.MapGet("/_stand-in/violations", () => gate.Violations.ToArray());
        MapCollections(app, server);
        MapPoints(app, server);
        app.MapFallback(static context => throw StandInException.NotHere($"{context.Request.Method} {context.Request.Path}"));
    }

    private static void MapCollections(WebApplication app, Server server)
    {
        app.MapGet("/collections", () => Answers.Ok(new { collections = server.Read(() => server.Names).Select(static n => new { name = n }) }));
        app.MapGet("/collections/{name}", (string name) => Answers.Ok(server.Read(() => Describe(server.Collection(name)))));
        app.MapGet("/collections/{name}/exists", (string name) => Answers.Ok(new { exists = server.Read(() => server.Exists(name)) }));
        app.MapPut("/collections/{name}", (string name, HttpContext context) => Changed(server, "create", name, context.Body()));
        app.MapDelete("/collections/{name}", (string name) => Changed(server, "drop", name, JsonSerializer.SerializeToElement(new { }), server.Read(() => server.Exists(name))));
        app.MapPut("/collections/{name}/index", (string name, [FromQuery] bool? wait, HttpContext context) =>
            Answers.Updated(server.Change("index", name, context.Body()), wait == true));
        app.MapPost("/collections/aliases", (HttpContext context) => Changed(server, "aliases", string.Empty, context.Body()));
        app.MapGet("/aliases", () => Answers.Ok(new { aliases = server.Read(() => server.Aliases).Select(static a => new { alias_name = a.Alias, collection_name = a.Collection }) }));
    }

    private static void MapPoints(WebApplication app, Server server)
    {
        app.MapPut("/collections/{name}/points", (string name, [FromQuery] bool? wait, HttpContext context) =>
            Answers.Updated(server.Change("upsert", name, context.Body()), wait == true));
        app.MapPost("/collections/{name}/points/delete", (string name, [FromQuery] bool? wait, HttpContext context) =>
            Answers.Updated(server.Change("delete", name, context.Body()), wait == true));
        app.MapPost("/collections/{name}/points/payload", (string name, [FromQuery] bool? wait, HttpContext context) =>
            Answers.Updated(server.Change("payload", name, context.Body()), wait == true));
        app.MapPost("/collections/{name}/points/query", (string name, HttpContext context) => Answers.Ok(new { points = Query(server, name, context.Body()) }));
        app.MapPost("/collections/{name}/points/count", (string name, HttpContext context) =>
            Answers.Ok(new { count = server.Read(() => server.Collection(name).Matching(Field(context.Body(), "filter")).Count()) }));
        app.MapPost("/collections/{name}/points/scroll", (string name, HttpContext context) => Scroll(server, name, context.Body()));
        app.MapPost("/collections/{name}/points", (string name, HttpContext context) => Answers.Ok(server.Read(() =>
        {
            var points = server.Collection(name).Points;
            return context.Body().GetProperty("ids").EnumerateArray().Select(static i => Point.IdOf(i)).Where(points.ContainsKey)
                .Select(i => Record(points[i], Field(context.Body(), "with_payload"), payloadByDefault: true)).ToArray();
        })));
    }

    private static IResult Changed(Server server, string operation, string name, JsonElement body, bool result = true)
    {
        server.Change(operation, name, body);
        return Answers.Ok(result);
    }

    private static object[] Query(Server server, string name, JsonElement request) => server.Read(() => QueryRunner.Run(server.Collection(name), request)
        .Select(object (found) => new
        {
            id = IdValue(found.Point.Id),
            version = found.Point.Version,
            score = found.Score,
            payload = Payload(found.Point, Field(request, "with_payload"), byDefault: false),
        })
        .ToArray());

    private static IResult Scroll(Server server, string name, JsonElement request)
    {
        var limit = Field(request, "limit")?.GetInt32() ?? 10;
        var from = Field(request, "offset") is { } offset ? Point.IdOf(offset) : string.Empty;
        var points = server.Read(() => server.Collection(name).Matching(Field(request, "filter"))
            .Where(p => string.CompareOrdinal(p.Id, from) >= 0)
            .OrderBy(static p => p.Id, StringComparer.Ordinal)
            .Take(limit + 1)
            .ToArray());
        return Answers.Ok(new
        {
            points = points.Take(limit).Select(p => Record(p, Field(request, "with_payload"), payloadByDefault: true)),
            next_page_offset = points.Length > limit ? IdValue(points[limit].Id) : null,
        });
    }

    private static object Record(Point point, JsonElement? withPayload, bool payloadByDefault) =>
        new { id = IdValue(point.Id), payload = Payload(point, withPayload, payloadByDefault) };

    private static object IdValue(string id) => ulong.TryParse(id, out var number) ? number : id;

    private static object? Payload(Point point, JsonElement? wanted, bool byDefault) => wanted?.ValueKind switch
    {
        null => byDefault ? point.Payload : null,
        JsonValueKind.True => point.Payload,
        JsonValueKind.False => null,
        JsonValueKind.Array => Only(point, [.. wanted.Value.EnumerateArray().Select(static f => f.GetString()!)]),
        _ => throw StandInException.NotHere("payload selectors"),
    };

    private static Dictionary<string, JsonElement> Only(Point point, HashSet<string> fields) =>
        point.Payload.EnumerateObject().Where(p => fields.Contains(p.Name)).ToDictionary(static p => p.Name, static p => p.Value);

    private static object Describe(StoredCollection collection)
    {
        var configuration = collection.Configuration;
        JsonElement? Given(string name) => Field(configuration, name);
        var parameters = new Dictionary<string, object>();
        foreach (var name in (string[])["vectors", "sparse_vectors", "shard_number", "replication_factor", "write_consistency_factor", "on_disk_payload"])
        {
            if (Given(name) is { } value)
            {
                parameters[name] = value;
            }
        }

        return new
        {
            status = "green",
            optimizer_status = "ok",
            points_count = collection.Points.Count,
            indexed_vectors_count = 0,
            segments_count = 1,
            config = new
            {
                @params = parameters,
                hnsw_config = new { m = 16, ef_construct = 100, full_scan_threshold = 10000 },
                optimizer_config = new { deleted_threshold = 0.2, vacuum_min_vector_number = 1000, default_segment_number = 0, flush_interval_sec = 5 },
                quantization_config = Given("quantization_config"),
            },
            payload_schema = collection.PayloadIndexes.ToDictionary(static i => i.Key, static i => (object)new { data_type = DataType(i.Value), points = 0 }),
        };
    }

    private static JsonElement? DataType(JsonElement index) =>
        Field(index, "field_schema") is { } schema ? schema.ValueKind == JsonValueKind.String ? schema : schema.GetProperty("type") : null;

    private static JsonElement? Field(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
