using Npgsql;
using Rag.Core.Storage;

namespace Rag.Api.Auth;

/// <summary>A key as it is listed; its secret is nowhere.</summary>
internal sealed record StoredKey(
    Guid Id,
    string Name,
    IReadOnlyList<Scope> Scopes,
    IReadOnlyList<Guid>? CollectionIds,
    IReadOnlyList<string>? Collections,
    DateTimeOffset Created,
    DateTimeOffset? Expires,
    DateTimeOffset? LastUsed,
    bool Bootstrap);

/// <summary>Keys in the database.</summary>
internal sealed class KeyStore(Database database, Authenticator authenticator)
{
    // Names of collections that are gone drop out; a key that was confined to them reaches nothing.
    private const string Columns =
        """
        k.id, k.name, k.scopes, k.collections,
        case when k.collections is null then null
             else array(select c.name from collections c where c.id = any(k.collections) and c.name is not null order by c.name) end,
        k.created, k.expires, k.last_used, k.bootstrap
        """;

    /// <summary>The key's text is returned this once.</summary>
    public async Task<(StoredKey Stored, string Key)> CreateAsync(
        string name, IReadOnlyCollection<Scope> scopes, IReadOnlyCollection<Guid>? collections, DateTimeOffset? expires, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        var key = BearerText.NewKey(id);
        var stored = await database.ReadAsync(
            (connection, token) => connection.Sql(
                    $"""
                    with k as (
                        insert into api_keys (id, name, hash, scopes, collections, expires) values ($1, $2, $3, $4, $5::uuid[], $6::timestamptz) returning *
                    )
                    select {Columns} from k
                    """,
                    id,
                    name,
                    BearerText.HashOf(key),
                    scopes.Select(Text).ToArray(),
                    collections?.ToArray(),
                    expires?.ToUniversalTime())
                .FirstAsync(Map, token),
            cancellationToken);
        return (stored!, key);
    }

    /// <summary>Keys that are not revoked, newest first, up to <paramref name="count"/> after the place.</summary>
    public Task<List<StoredKey>> ListAsync((DateTimeOffset Created, Guid Id)? after, int count, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                $"""
                select {Columns} from api_keys k
                where k.revoked is null and ($1::timestamptz is null or (k.created, k.id) < ($1::timestamptz, $2::uuid))
                order by k.created desc, k.id desc limit $3
                """,
                after?.Created,
                after?.Id,
                count)
            .ListAsync(Map, token),
        cancellationToken);

    public Task<StoredKey?> FindAsync(Guid id, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql($"select {Columns} from api_keys k where k.id = $1 and k.revoked is null", id).FirstAsync(Map, token),
        cancellationToken);

    /// <summary>Ends the key and every session of it.</summary>
    public async Task RevokeAsync(Guid id, CancellationToken cancellationToken)
    {
        await database.TransactionAsync(
            async (connection, token) =>
            {
                await connection.Sql("delete from sessions where key_id = $1", id).RunAsync(token);
                return await connection.Sql("update api_keys set revoked = now() where id = $1 and revoked is null", id).RunAsync(token);
            },
            cancellationToken);
        authenticator.Forget();
    }

    private static string Text(Scope scope) => scope.ToString().ToLowerInvariant();

    private static StoredKey Map(NpgsqlDataReader row) => new(
        row.GetGuid(0),
        row.GetString(1),
        [.. row.GetFieldValue<string[]>(2).Select(static scope => Enum.Parse<Scope>(scope, ignoreCase: true))],
        row.Nullable<Guid[]>(3),
        row.Nullable<string[]>(4),
        row.GetFieldValue<DateTimeOffset>(5),
        row.NullableValue<DateTimeOffset>(6),
        row.NullableValue<DateTimeOffset>(7),
        row.GetBoolean(8));
}
