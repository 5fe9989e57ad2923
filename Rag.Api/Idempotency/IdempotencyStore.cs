using Rag.Core.Storage;

namespace Rag.Api.Idempotency;

/// <summary>What is known of an idempotency key.</summary>
internal abstract record Claim
{
    private Claim()
    {
    }

    /// <summary>Nobody did it yet: the caller does.</summary>
    public sealed record Mine(IdempotencyClaim Held) : Claim;

    /// <summary>Another request with the key is under way.</summary>
    public sealed record InProgress : Claim;

    /// <summary>It was done.</summary>
    public sealed record Done(byte[] RequestHash, KeptAnswer Answer) : Claim;
}

/// <summary>One request's hold on an idempotency key.</summary>
/// <param name="KeyId">The caller's key.</param>
/// <param name="Route">Method and path.</param>
/// <param name="Key">What the caller sent.</param>
/// <param name="Id">Of this claim alone: whoever takes the key over has another.</param>
internal sealed record IdempotencyClaim(Guid KeyId, string Route, string Key, Guid Id);

/// <summary>The answer that repetitions get.</summary>
internal sealed record KeptAnswer(int Status, string Body, string? Location);

/// <summary>Idempotency keys in the database, so that every process knows them. Rows older than 24 h count as absent and are swept by the worker.</summary>
internal sealed class IdempotencyStore(Database database)
{
    /// <summary>How often a claim is renewed; four renewals fit into the time after which it counts as abandoned.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromSeconds(15);

    /// <summary>A claim that nobody renewed for this long is taken over: its process was killed, or could not tell what it had done.</summary>
    public static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(1);

    /// <summary>Claims the key, or tells who did.</summary>
    public Task<Claim> ClaimAsync(Guid keyId, string route, string key, byte[] requestHash, CancellationToken cancellationToken) => database.TransactionAsync<Claim>(
        async (connection, token) =>
        {
            var claim = new IdempotencyClaim(keyId, route, key, Guid.CreateVersion7());
            var claimed = await connection.Sql(
                    """
                    insert into idempotency_keys as i (key_id, route, key, claim, request_hash) values ($1, $2, $3, $4, $5)
                    on conflict (key_id, route, key) do update
                        set claim = excluded.claim, request_hash = excluded.request_hash, status = null, response = null, location = null, created = now()
                        where i.created < now() - interval '24 hours' or (i.status is null and i.created < now() - $6)
                    """,
                    keyId,
                    route,
                    key,
                    claim.Id,
                    requestHash,
                    Abandoned)
                .RunAsync(token);
            if (claimed == 1)
            {
                return new Claim.Mine(claim);
            }

            return await connection.Sql(
                    "select request_hash, status, response, location from idempotency_keys where key_id = $1 and route = $2 and key = $3", keyId, route, key)
                .FirstAsync<Claim>(
                    row => row.IsDBNull(1)
                        ? new Claim.InProgress()
                        : new Claim.Done(row.GetFieldValue<byte[]>(0), new KeptAnswer(row.GetInt32(1), row.GetString(2), row.Nullable<string>(3))),
                    token) ?? new Claim.InProgress();
        },
        cancellationToken);

    /// <summary>Says that the request is still under way. False: the key has been taken over.</summary>
    public Task<bool> RenewAsync(IdempotencyClaim claim, CancellationToken cancellationToken) => RunAsync(
        claim, "update idempotency_keys set created = now() where", cancellationToken);

    /// <summary>Keeps the answer, unless the key has been taken over: then it is false, and the other request's answer counts.</summary>
    public Task<bool> CompleteAsync(IdempotencyClaim claim, byte[] requestHash, KeptAnswer answer, CancellationToken cancellationToken) => RunAsync(
        claim,
        "update idempotency_keys set request_hash = $5, status = $6, response = $7, location = $8::text, created = now() where",
        cancellationToken,
        requestHash,
        answer.Status,
        answer.Body,
        answer.Location);

    /// <summary>Nothing was done: the key may be used again.</summary>
    public Task<bool> ReleaseAsync(IdempotencyClaim claim, CancellationToken cancellationToken) => RunAsync(
        claim, "delete from idempotency_keys where", cancellationToken);

    private Task<bool> RunAsync(IdempotencyClaim claim, string change, CancellationToken cancellationToken, params object?[] more) => database.ReadAsync(
        async (connection, token) => await connection.Sql(
                $"{change} key_id = $1 and route = $2 and key = $3 and claim = $4 and status is null",
                [claim.KeyId, claim.Route, claim.Key, claim.Id, .. more])
            .RunAsync(token) == 1,
        cancellationToken);
}
