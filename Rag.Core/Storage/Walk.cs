using Npgsql;

namespace Rag.Core.Storage;

/// <summary>
/// Goes round all rows of a table in the order of their key, some at a time. Where it stands is in the database, so that whichever process
/// has the next turn goes on from there, also after a restart.
/// </summary>
/// <param name="name">Which one.</param>
internal sealed class Walk(string name)
{
    /// <summary>The key of the last row that was visited; the smallest one at the beginning of a round.</summary>
    public async Task<WalkPosition> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.Sql("select last_id, last_hash from walks where name = $1", name)
            .FirstAsync(static row => new WalkPosition(row.GetGuid(0), row.GetFieldValue<byte[]>(1)), cancellationToken) ?? WalkPosition.Start;

    /// <summary>Notes the last visited row; null: the round is complete, the next one begins.</summary>
    public Task<int> SaveAsync(NpgsqlConnection connection, WalkPosition? position, CancellationToken cancellationToken) => connection.Sql(
            """
            insert into walks (name, last_id, last_hash) values ($1, $2, $3)
            on conflict (name) do update set last_id = excluded.last_id, last_hash = excluded.last_hash
            """,
            name,
            position?.Id ?? Guid.Empty,
            position?.Hash ?? [])
        .RunAsync(cancellationToken);
}

/// <summary>A key.</summary>
/// <param name="Id">Its first part.</param>
/// <param name="Hash">Its second part; empty where there is none.</param>
internal sealed record WalkPosition(Guid Id, byte[] Hash)
{
    public static WalkPosition Start { get; } = new(Guid.Empty, []);
}
