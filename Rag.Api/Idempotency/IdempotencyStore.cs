using Rag.Core.Storage;

namespace Rag.Api.Idempotency;

/// <summary>What is known of an idempotency key.</summary>
internal abstract record Claim
{
    private Claim()
    {
    }

    /// <summary>Nobody did it yet: the caller does.</summary>
    public sealed record Mine : Claim;

    /// <summary>Another request with the key is under way.</summary>
    public sealed record InProgress : Claim;

    /// <summary>It was done.</summary>
    public sealed record Done(byte[] RequestHash, int Status, string Response) : Claim;
}

/// <summary>Idempotency keys in the database, so that every process knows them. Rows older than 24 h count as absent and are swept by the worker.</summary>
internal sealed class IdempotencyStore(Database database)
{
    /// <summary>Claims the key. A claim whose request never ended (its process was killed) is taken over after 5 minutes.</summary>
    public Task<Claim> ClaimAsync(Guid keyId, string route, string key, byte[] requestHash, CancellationToken cancellationToken) => database.TransactionAsync<Claim>(
        async (connection, token) =>
        {
            var claimed = await connection.Sql(
                    """
                    insert into idempotency_keys as i (key_id, route, key, request_hash) values ($1, $2, $3, $4)
                    on conflict (key_id, route, key) do update
                        set request_hash = excluded.request_hash, status = null, response = null, created = now()
                        where i.created < now() - interval '24 hours' or (i.status is null and i.created < now() - interval '5 minutes')
                    """,
                    keyId,
                    route,
                    key,
                    requestHash)
                .RunAsync(token);
            if (claimed == 1)
            {
                return new Claim.Mine();
            }

            return await connection.Sql(
                    "select request_hash, status, response from idempotency_keys where key_id = $1 and route = $2 and key = $3", keyId, route, key)
                .FirstAsync<Claim>(
                    row => row.IsDBNull(1) ? new Claim.InProgress() : new Claim.Done(row.GetFieldValue<byte[]>(0), row.GetInt32(1), row.GetString(2)),
                    token) ?? new Claim.InProgress();
        },
        cancellationToken);

    public Task CompleteAsync(
        Guid keyId, string route, string key, byte[] requestHash, int status, string response, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                "update idempotency_keys set request_hash = $4, status = $5, response = $6 where key_id = $1 and route = $2 and key = $3",
                keyId,
                route,
                key,
                requestHash,
                status,
                response)
            .RunAsync(token),
        cancellationToken);

    /// <summary>Nothing was done: the key may be used again.</summary>
    public Task ReleaseAsync(Guid keyId, string route, string key, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql("delete from idempotency_keys where key_id = $1 and route = $2 and key = $3 and status is null", keyId, route, key)
            .RunAsync(token),
        cancellationToken);
}
