using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Rag.Web.Tests.StandIn;

/// <summary>Failed work and the queue: a document that failed has a parked job until it is retried or discarded.</summary>
internal static class StandInJobs
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/jobs/failed", static (string? collection, int? limit, string? cursor, StandInState state) =>
        {
            var skip = cursor is null ? 0 : int.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture);
            var found = Failed(state, collection).OrderByDescending(static x => x.Document.Created).Skip(skip).ToList();
            var size = limit ?? 50;
            return Results.Json(new { items = found.Take(size).Select(static x => Shape(x.Collection, x.Document, "parked")), nextCursor = found.Count > size ? $"{skip + size}" : null });
        });
        app.MapPost("/v1/jobs/{id:guid}/retry", static (Guid id, StandInState state) => One(state, id, (collection, document) => StandInDocuments.Requeue(state, collection, document)));
        app.MapPost("/v1/jobs/{id:guid}/discard", static (Guid id, StandInState state) => One(state, id, static (_, document) => document.Discarded = true));
        app.MapPost("/v1/jobs/failed/retry", static async (HttpContext context, StandInState state) =>
            Results.Json(new { retried = await AllAsync(context, state, (collection, document) => StandInDocuments.Requeue(state, collection, document)) }));
        app.MapPost("/v1/jobs/failed/discard", static async (HttpContext context, StandInState state) =>
            Results.Json(new { discarded = await AllAsync(context, state, static (_, document) => document.Discarded = true) }));
        app.MapGet("/v1/collections/{name}/documents/{id:guid}/jobs", static (string name, Guid id, StandInState state) => StandInCollections.Find(state, name, collection =>
            Results.Json(new
            {
                items = collection.Documents.TryGetValue(id, out var document)
                    ? new[] { Shape(collection, document, document.Discarded ? "discarded" : document.Status == "failed" ? "parked" : "done") } : [],
                nextCursor = (string?)null,
            })));
        app.MapGet("/v1/queue", static (StandInState state) => Results.Json(Queue(state)));
        app.MapPost("/v1/queue/{verb}", static (string verb, StandInState state) =>
        {
            state.Paused = verb == "pause" ? DateTimeOffset.UtcNow : null;
            return Results.Json(Queue(state));
        });
        app.MapPost("/v1/collections/{name}/queue/{verb}", static (string name, string verb, StandInState state) => StandInCollections.Find(state, name, collection =>
        {
            collection.Paused = verb == "pause" ? DateTimeOffset.UtcNow : null;
            return Results.Json(Queue(state));
        }));
    }

    private static IEnumerable<(StandInCollection Collection, StandInDocument Document)> Failed(StandInState state, string? collection) =>
        from one in state.Collections.Values
        where collection is null || one.Name == collection
        from document in one.Documents.Values
        where document is { Status: "failed", Discarded: false }
        select (one, document);

    private static IResult One(StandInState state, Guid id, Action<StandInCollection, StandInDocument> act)
    {
        foreach (var (collection, document) in Failed(state, null).Where(x => x.Document.JobId == id).ToList())
        {
            act(collection, document);
            return Results.NoContent();
        }

        return StandInAccess.ProblemResult(404, "job-not-found", "There is no such failed job any more.");
    }

    private static async Task<int> AllAsync(HttpContext context, StandInState state, Action<StandInCollection, StandInDocument> act)
    {
        var body = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement;
        var all = Failed(state, body.TryGetProperty("collection", out var name) ? name.GetString() : null).ToList();
        all.ForEach(x => act(x.Collection, x.Document));
        return all.Count;
    }

    private static object Queue(StandInState state)
    {
        var collections = state.Collections.Values.OrderBy(static x => x.Name).Select(static x => new
        {
            x.Name, x.Paused,
            queued = x.Documents.Values.Count(static one => one.Status == "queued"),
            running = x.Documents.Values.Count(static one => one.Status == "processing"),
            parked = x.Documents.Values.Count(static one => one is { Status: "failed", Discarded: false }),
            oldestAgeSeconds = 134,
        }).Where(static x => x.queued + x.running + x.parked > 0 || x.Paused is not null).ToList();
        return new
        {
            state.Paused,
            queued = collections.Sum(static x => x.queued),
            running = collections.Sum(static x => x.running),
            parked = collections.Sum(static x => x.parked),
            oldestAgeSeconds = 134,
            collections,
        };
    }

    private static object Shape(StandInCollection collection, StandInDocument document, string state) => new
    {
        id = document.JobId,
        collection = collection.Name,
        documentId = document.Id,
        documentName = document.Name,
        document.Title, state,
        stage = state == "done" ? null : "extract",
        document.Attempts,
        losses = 0,
        document.Problem, document.Created,
        firstFailed = state == "done" ? (DateTimeOffset?)null : document.Created.AddMinutes(1),
        lastFailed = state == "done" ? (DateTimeOffset?)null : document.Created.AddMinutes(9),
        finished = document.Created.AddMinutes(9),
    };
}
