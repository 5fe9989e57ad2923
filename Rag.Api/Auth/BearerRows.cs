using Npgsql;
using Rag.Core.Storage;

namespace Rag.Api.Auth;

/// <summary>Looks up bearers by hash. Expiry is judged by the database's clock.</summary>
internal static class BearerRows
{
    /// <summary>The key's caller; also notes, to about a minute, that it was used.</summary>
    public static async Task<Caller?> KeyAsync(NpgsqlConnection connection, byte[] hash, CancellationToken cancellationToken)
    {
        var caller = await connection.Sql(
                """
                select id, name, scopes, collections, expires, null::timestamptz
                from api_keys where hash = $1 and revoked is null and (expires is null or expires > now())
                """,
                hash)
            .FirstAsync(row => Map(row, sessionHash: null), cancellationToken);
        await NoteUseAsync(connection, caller, cancellationToken);
        return caller;
    }

    /// <summary>The caller of a session, with the rights that its key has now. Prolongs the session when an hour of its 12 is over, up to 30 days in all.</summary>
    public static async Task<Caller?> SessionAsync(NpgsqlConnection connection, byte[] hash, CancellationToken cancellationToken)
    {
        var caller = await connection.Sql(
                """
                with prolonged as (
                    update sessions set expires = least(now() + interval '12 hours', created + interval '30 days')
                    where hash = $1 and expires > now() and expires < least(now() + interval '11 hours', created + interval '30 days')
                    returning expires
                )
                select k.id, k.name, k.scopes, k.collections, k.expires, coalesce((select expires from prolonged), s.expires)
                from sessions s join api_keys k on k.id = s.key_id
                where s.hash = $1 and s.expires > now() and k.revoked is null and (k.expires is null or k.expires > now())
                """,
                hash)
            .FirstAsync(row => Map(row, hash), cancellationToken);
        await NoteUseAsync(connection, caller, cancellationToken);
        return caller;
    }

    private static Task NoteUseAsync(NpgsqlConnection connection, Caller? caller, CancellationToken cancellationToken) => caller is null
        ? Task.CompletedTask
        : connection.Sql(
                "update api_keys set last_used = now() where id = $1 and (last_used is null or last_used < now() - interval '1 minute')", caller.KeyId)
            .RunAsync(cancellationToken);

    private static Caller Map(NpgsqlDataReader row, byte[]? sessionHash)
    {
        var keyExpires = row.NullableValue<DateTimeOffset>(4);
        var sessionExpires = row.NullableValue<DateTimeOffset>(5);
        return new Caller(
            row.GetGuid(0),
            row.GetString(1),
            row.GetFieldValue<string[]>(2).Select(static scope => Enum.Parse<Scope>(scope, ignoreCase: true)).ToHashSet(),
            row.Nullable<Guid[]>(3)?.ToHashSet(),
            keyExpires is null || sessionExpires < keyExpires ? sessionExpires ?? keyExpires : keyExpires,
            keyExpires,
            sessionHash);
    }
}
