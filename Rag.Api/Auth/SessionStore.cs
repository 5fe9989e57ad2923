using Npgsql;
using Rag.Core.Storage;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Auth;

/// <summary>Opens and ends sessions: opaque bearers with the rights of a key, good for 12 hours after their last use and for 30 days at most.</summary>
internal sealed class SessionStore(Database database, Authenticator authenticator)
{
    public async Task<(string Session, DateTimeOffset Expires)> StartAsync(Guid keyId, CancellationToken cancellationToken) =>
        await database.TransactionAsync((connection, token) => InsertAsync(connection, keyId, token), cancellationToken)
        ?? throw new ProblemException("key-unknown", "The key was revoked a moment ago. Use another.");

    /// <summary>Uses up a sign-in token: of two that come at once, one gets the session.</summary>
    public async Task<(string Session, DateTimeOffset Expires)> RedeemAsync(string signInToken, CancellationToken cancellationToken)
    {
        var hash = BearerText.HashOf(signInToken);
        return await database.TransactionAsync(
                async (connection, token) =>
                {
                    var keyId = await connection.Sql(
                            "update sign_in_tokens set used = now() where hash = $1 and used is null and expires > now() returning key_id", hash)
                        .ScalarAsync<Guid>(token);
                    return keyId == Guid.Empty ? null : await InsertAsync(connection, keyId, token);
                },
                cancellationToken)
            ?? throw new ProblemException("link-used", "This sign-in link was used already or has expired: it is good once, for 15 minutes. Sign in with a key, or start anew for another link.");
    }

    public async Task EndAsync(byte[] sessionHash, CancellationToken cancellationToken)
    {
        await database.ReadAsync(
            (connection, token) => connection.Sql("delete from sessions where hash = $1", sessionHash).RunAsync(token), cancellationToken);
        authenticator.Forget();
    }

    private static async Task<(string Session, DateTimeOffset Expires)?> InsertAsync(NpgsqlConnection connection, Guid keyId, CancellationToken cancellationToken)
    {
        var session = BearerText.NewSession();
        var expires = await connection.Sql(
                """
                insert into sessions (hash, key_id, expires)
                select $1, id, least(now() + interval '12 hours', expires) from api_keys
                where id = $2 and revoked is null and (expires is null or expires > now())
                returning expires
                """,
                BearerText.HashOf(session),
                keyId)
            .FirstAsync<DateTimeOffset?>(row => row.GetFieldValue<DateTimeOffset>(0), cancellationToken);
        return expires is { } end ? (session, end) : null;
    }
}
