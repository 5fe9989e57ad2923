using Microsoft.AspNetCore.Http.HttpResults;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Api.Http;
using Rag.Api.Idempotency;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Keys;

internal sealed record CreateKeyRequest(string Name, IReadOnlyList<Scope> Scopes, IReadOnlyList<string>? Collections = null, DateTimeOffset? Expires = null);

internal sealed record KeyAnswer(
    Guid Id,
    string Name,
    IReadOnlyList<Scope> Scopes,
    IReadOnlyList<string>? Collections,
    DateTimeOffset Created,
    DateTimeOffset? Expires,
    DateTimeOffset? LastUsed,
    bool Bootstrap)
{
    public static KeyAnswer Of(StoredKey key) => new(
        key.Id, key.Name, key.Scopes, key.Collections, key.Created, key.Expires, key.LastUsed, key.Bootstrap);
}

internal sealed record NewKeyAnswer(
    Guid Id,
    string Name,
    IReadOnlyList<Scope> Scopes,
    IReadOnlyList<string>? Collections,
    DateTimeOffset Created,
    DateTimeOffset? Expires,
    DateTimeOffset? LastUsed,
    bool Bootstrap,
    string Key);

/// <summary>Routes of API keys. A key that is confined to collections sees, makes and ends only keys within its own reach.</summary>
internal static class KeyEndpoints
{
    private const int MaxName = 200;

    public static void MapKeys(this RouteGroupBuilder v1)
    {
        var group = v1.MapGroup("/keys").WithTags("Keys");
        group.MapGet("", ListAsync).Requires(Scope.Admin).WithName("ListKeys").WithSummary("Keys that are not revoked, newest first");
        group.MapPost("", CreateAsync).Requires(Scope.Admin).WithMetadata(new NotKept("key")).WithName("CreateKey").WithSummary("A new key, shown this once");
        group.MapDelete("/{id}", RevokeAsync).Requires(Scope.Admin).WithName("RevokeKey").WithSummary("Ends a key and its sessions");
    }

    private static async Task<Ok<PageAnswer<KeyAnswer>>> ListAsync(
        int? limit, string? cursor, Caller caller, KeyStore keys, CancellationToken cancellationToken)
    {
        var count = Paging.Limit(limit);
        var rows = await keys.ListAsync(Paging.Parse(cursor), count + 1, cancellationToken);
        var next = rows.Count > count ? Paging.CursorOf(rows[count - 1].Created, rows[count - 1].Id) : null;
        return TypedResults.Ok(new PageAnswer<KeyAnswer>(
            [.. rows.Take(count).Where(key => IsWithin(key, caller)).Select(KeyAnswer.Of)], next));
    }

    private static async Task<Created<NewKeyAnswer>> CreateAsync(
        Body<CreateKeyRequest> body, Caller caller, KeyStore keys, CollectionGate gate, TimeProvider time, CancellationToken cancellationToken)
    {
        var request = body.Value;
        var beyond = request.Scopes.Where(scope => !caller.Scopes.Contains(scope)).Select(static scope => scope.ToString().ToLowerInvariant()).ToArray();
        var now = time.GetUtcNow();
        new Validation()
            .Require(!string.IsNullOrWhiteSpace(request.Name), "name", "must not be empty.")
            .Require(request.Name.Length <= MaxName && !request.Name.Any(char.IsControl), "name", $"may have at most {MaxName} characters and no control characters.")
            .Require(request.Scopes.Count > 0, "scopes", "must name at least one of \"read\", \"write\", \"admin\".")
            .Require(request.Collections is not { Count: 0 }, "collections", "must name at least one collection; leave it out for all of them.")
            .Require(request.Expires is null || request.Expires > now, "expires", "must lie in the future.")
            .ThrowIfAny();
        if (beyond.Length > 0)
        {
            throw new ProblemException("scope-missing", $"Your key lacks the scope '{string.Join("', '", beyond)}', so it cannot give it away.");
        }

        if (request.Collections is null)
        {
            caller.MustBeUnconfined("make keys for all collections; name those it is for in 'collections'");
        }

        if (caller.KeyExpires is { } end && (request.Expires is null || request.Expires > end))
        {
            throw ProblemException.Field("expires", "must not lie after your own key's end.");
        }

        HashSet<Guid>? collections = null;
        foreach (var name in request.Collections ?? [])
        {
            (collections ??= []).Add((await gate.GetAsync(name, caller, cancellationToken)).Id.Value);
        }

        var (stored, key) = await keys.CreateAsync(request.Name, request.Scopes.Distinct().ToArray(), collections, request.Expires, cancellationToken);
        return TypedResults.Created((string?)null, new NewKeyAnswer(
            stored.Id, stored.Name, stored.Scopes, stored.Collections, stored.Created, stored.Expires, stored.LastUsed, stored.Bootstrap, key));
    }

    private static async Task<NoContent> RevokeAsync(Guid id, Caller caller, KeyStore keys, BootstrapKeys bootstrap, CancellationToken cancellationToken)
    {
        if (await keys.FindAsync(id, cancellationToken) is not { } key || !IsWithin(key, caller))
        {
            throw new ProblemException("key-not-found", "There is no such key, or it is revoked already. GET /v1/keys lists those there are.");
        }

        if (key.Bootstrap && bootstrap.IsConfigured)
        {
            throw new ProblemException(
                "key-configured", "This key is configured and would be back at the next start. To end it, change Rag:Auth:BootstrapKey (or remove it) and restart; once removed, it can be revoked here.");
        }

        await keys.RevokeAsync(id, cancellationToken);
        return TypedResults.NoContent();
    }

    private static bool IsWithin(StoredKey key, Caller caller) =>
        caller.Collections is null || (key.CollectionIds is { } ids && ids.All(caller.Collections.Contains));
}
