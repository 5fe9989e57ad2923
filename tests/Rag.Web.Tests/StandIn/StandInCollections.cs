using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Rag.Web.Tests.StandIn;

internal static class StandInCollections
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/collections", static (StandInState state) =>
            Results.Json(new { items = state.Collections.Values.OrderByDescending(static x => x.Created).Select(static x => x.Shape()), nextCursor = (string?)null }));
        app.MapPost("/v1/collections", static async (HttpContext context, StandInState state) =>
        {
            var body = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement;
            var name = body.GetProperty("name").GetString()!;
            var collection = new StandInCollection { Name = name, Description = body.TryGetProperty("description", out var about) ? about.GetString() ?? "" : "" };
            return state.Collections.TryAdd(name, collection)
                ? Results.Json(collection.Shape(), statusCode: 201)
                : StandInAccess.ProblemResult(409, "collection-exists", $"There is a collection '{name}' already. Choose another name.");
        });
        app.MapGet("/v1/collections/{name}", static (string name, StandInState state) => Find(state, name, static x => Results.Json(x.Shape())));
        app.MapDelete("/v1/collections/{name}", static async (string name, HttpContext context, StandInState state) =>
        {
            if (state.RemovalTime is { } time)
            {
                // One transaction: whoever asks and leaves too early leaves everything as it was.
                await Task.Delay(time, context.RequestAborted);
            }

            state.Collections.TryRemove(name, out _);
            return Results.NoContent();
        });
    }

    public static IResult Find(StandInState state, string name, Func<StandInCollection, IResult> then) =>
        state.Collections.TryGetValue(name, out var collection) ? then(collection) : Missing(name);

    public static IResult Missing(string name) =>
        StandInAccess.ProblemResult(404, "collection-not-found", $"There is no collection '{name}'.");
}
