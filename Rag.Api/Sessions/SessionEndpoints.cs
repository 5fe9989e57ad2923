using Microsoft.AspNetCore.Http.HttpResults;
using Rag.Api.Auth;
using Rag.Api.Http;
using Rag.Api.Idempotency;
using Rag.Core.Documents;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Sessions;

internal sealed record SessionInfoAnswer(string KeyName, IReadOnlyList<Scope> Scopes, IReadOnlyList<string>? Collections, DateTimeOffset? Expires);

internal sealed record SessionAnswer(string Session, DateTimeOffset Expires);

internal sealed record RedeemRequest(string Token);

/// <summary>Routes of sessions: what the web front end keeps instead of a person's key.</summary>
internal static class SessionEndpoints
{
    public static void MapSessions(this RouteGroupBuilder v1)
    {
        var group = v1.MapGroup("/session").WithTags("Sessions");
        group.MapGet("", GetAsync).RequiresAnyBearer().WithName("GetSession").WithSummary("Whose rights the bearer has");
        group.MapPost("", StartAsync).RequiresAnyBearer().WithMetadata(new NotReplayed()).WithName("StartSession").WithSummary("A session with the rights of the key that is the bearer");
        group.MapDelete("", EndAsync).RequiresAnyBearer().WithName("EndSession").WithSummary("Ends the session that is the bearer");
        group.MapPost("/redeem", RedeemAsync).AllowAnonymous().WithMetadata(new NotReplayed()).WithName("RedeemSignInLink").WithSummary("A session for a one-time sign-in token; needs no key");
    }

    private static async Task<Ok<SessionInfoAnswer>> GetAsync(Caller caller, CollectionService collections, CancellationToken cancellationToken)
    {
        List<string>? names = null;
        if (caller.Collections is { } ids)
        {
            names = [];
            foreach (var id in ids)
            {
                if (await collections.FindAsync(new CollectionId(id), cancellationToken) is { } collection)
                {
                    names.Add(collection.Name);
                }
            }

            names.Sort(StringComparer.Ordinal);
        }

        return TypedResults.Ok(new SessionInfoAnswer(caller.KeyName, [.. caller.Scopes.Order()], names, caller.Expires));
    }

    private static async Task<Created<SessionAnswer>> StartAsync(Caller caller, SessionStore sessions, CancellationToken cancellationToken)
    {
        if (caller.SessionHash is not null)
        {
            // Or a stolen session would make itself another before each end.
            throw new ProblemException("key-missing", "A session is opened with a key, not with another session. Send the key as 'Authorization: Bearer <key>'.");
        }

        var (session, expires) = await sessions.StartAsync(caller.KeyId, cancellationToken);
        return TypedResults.Created((string?)null, new SessionAnswer(session, expires));
    }

    private static async Task<Created<SessionAnswer>> RedeemAsync(Body<RedeemRequest> body, SessionStore sessions, CancellationToken cancellationToken)
    {
        var (session, expires) = await sessions.RedeemAsync(body.Value.Token, cancellationToken);
        return TypedResults.Created((string?)null, new SessionAnswer(session, expires));
    }

    private static async Task<NoContent> EndAsync(Caller caller, SessionStore sessions, CancellationToken cancellationToken)
    {
        if (caller.SessionHash is not { } hash)
        {
            throw ProblemException.Field("Authorization", "is a key and not a session; a key is ended by DELETE /v1/keys/{id}.");
        }

        await sessions.EndAsync(hash, cancellationToken);
        return TypedResults.NoContent();
    }
}
