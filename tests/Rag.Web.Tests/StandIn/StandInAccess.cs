using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Rag.Web.Tests.StandIn;

/// <summary>Keys, sessions and problems.</summary>
internal static class StandInAccess
{
    private static readonly string[] AdminScopes = ["read", "write", "admin"];

    public static async Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var state = context.RequestServices.GetRequiredService<StandInState>();
        var path = context.Request.Path.Value!;
        state.Requests.Enqueue((context.Request.Method, path + context.Request.QueryString, context.Request.Headers.ToDictionary(static x => x.Key, static x => x.Value.ToString())));
        if (path.StartsWith("/health", StringComparison.Ordinal))
        {
            await next(context);
            return;
        }

        if (state.Away)
        {
            await Problem(context, 503, "storage-away", "The database cannot be reached right now.");
            return;
        }

        if (state.SignInsRefusedFor is { } seconds && path == "/v1/session" && HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            await Problem(context, 429, "rate-limited", "Too many unknown keys came from this address.");
            return;
        }

        if (path == "/v1/session/redeem" || Scopes(context, state) is not null)
        {
            await next(context);
            return;
        }

        await Problem(context, 401, "key-unknown", "The key is not known.");
    }

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", static () => Results.Ok());
        app.MapGet("/v1/version", static (StandInState state) => Results.Json(new
        {
            version = "0.1.0", commit = (string?)null, embedding = (object?)null, chat = new { model = state.ChatModel }, index = new { provider = "embedded" },
        }));
        app.MapGet("/v1/session", static (HttpContext context, StandInState state) => Results.Json(new
        {
            keyName = Scopes(context, state)!.Length == 3 ? "Administrator" : "Somebody",
            scopes = Scopes(context, state), collections = (string[]?)null, expires = DateTimeOffset.UtcNow.AddHours(12),
        }));
        app.MapPost("/v1/session", static (HttpContext context, StandInState state) => Start(state, Bearer(context)!));
        app.MapPost("/v1/session/redeem", static async (HttpContext context, StandInState state) =>
        {
            var token = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement.GetProperty("token").GetString()!;
            return state.Links.TryRemove(token, out _) ? Start(state, StandInApi.AdminKey) : ProblemResult(401, "link-used", "The link has been used.");
        });
        app.MapDelete("/v1/session", static (HttpContext context, StandInState state) =>
        {
            state.Sessions.TryRemove(Bearer(context)!, out _);
            return Results.NoContent();
        });
        app.MapGet("/v1/keys", static (HttpContext context, StandInState state) => !Scopes(context, state)!.Contains("admin")
            ? ProblemResult(403, "scope-missing", "This needs a key with the scope 'admin'.")
            : Results.Json(new { items = state.Keys.Values.OrderByDescending(static x => x.Created), nextCursor = (string?)null }));
        app.MapPost("/v1/keys", static async (HttpContext context, StandInState state) =>
        {
            var body = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement;
            if (body.GetProperty("scopes").GetArrayLength() == 0)
            {
                return Results.Json(
                    new { type = "https://ragplatform.dev/problems/invalid-request", title = "Invalid request", status = 400, detail = "The request is invalid.", errors = new { scopes = new[] { "must name at least one." } } },
                    statusCode: 400, contentType: "application/problem+json");
            }

            var once = context.Request.Headers["Idempotency-Key"].ToString();
            if (once.Length > 0 && state.KeysOnce.TryGetValue(once, out var made))
            {
                return Results.Json(Shape(made, secret: null), statusCode: 201);
            }

            var key = new StandInKey(
                Guid.CreateVersion7(), body.GetProperty("name").GetString()!, [.. body.GetProperty("scopes").EnumerateArray().Select(static x => x.GetString()!)],
                body.TryGetProperty("collections", out var names) ? [.. names.EnumerateArray().Select(static x => x.GetString()!)] : null, DateTimeOffset.UtcNow, null, null, false);
            state.Keys[key.Id] = key;
            if (once.Length > 0)
            {
                state.KeysOnce[once] = key;
            }

            return Results.Json(Shape(key, "rag_new_0123456789abcdefghijklmnopqrstuvwxyz"), statusCode: 201);
        });
        app.MapDelete("/v1/keys/{id:guid}", static (Guid id, StandInState state) =>
        {
            state.Keys.TryRemove(id, out _);
            return Results.NoContent();
        });
    }

    private static object Shape(StandInKey key, string? secret) =>
        new { key.Id, key.Name, key.Scopes, key.Collections, key.Created, key.Expires, key.LastUsed, key.Bootstrap, key = secret };

    public static IResult ProblemResult(int status, string code, string detail) =>
        Results.Json(new { type = "https://ragplatform.dev/problems/" + code, title = code.Replace('-', ' '), status, detail }, statusCode: status, contentType: "application/problem+json");

    private static Task Problem(HttpContext context, int status, string code, string detail) => ProblemResult(status, code, detail).ExecuteAsync(context);

    private static IResult Start(StandInState state, string key)
    {
        var session = $"rags_{Guid.NewGuid():N}";
        state.Sessions[session] = key;
        return Results.Json(new { session, expires = DateTimeOffset.UtcNow.AddHours(12) }, statusCode: 201);
    }

    private static string? Bearer(HttpContext context) => context.Request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] ? token : null;

    private static string[]? Scopes(HttpContext context, StandInState state)
    {
        var bearer = Bearer(context);
        var key = bearer is not null && state.Sessions.TryGetValue(bearer, out var behind) ? behind : bearer;
        return key switch
        {
            StandInApi.AdminKey => AdminScopes,
            StandInApi.ReaderKey => ["read"],
            StandInApi.WriterKey => ["read", "write"],
            StandInApi.AdminOnlyKey => ["read", "admin"],
            _ => null,
        };
    }
}
