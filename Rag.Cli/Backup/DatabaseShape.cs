using Npgsql;

namespace Rag.Cli.Backup;

/// <summary>A table to copy, with the columns that a COPY may write.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">In the order of their definition.</param>
internal sealed record Table(string Name, IReadOnlyList<string> Columns)
{
    public string ColumnList => string.Join(", ", Columns.Select(Sql.Quote));

    /// <summary>Which rows belong into an archive. The bootstrap key is the installation's own: AppHost or the deployment makes it anew.</summary>
    public string Condition => Name == "api_keys" ? "where not bootstrap" : "";
}

/// <summary>
/// The database as it is, read from its own catalogue: a table added by a later migration is in the next backup without anybody
/// remembering it here.
/// </summary>
internal static class DatabaseShape
{
    // Sessions, sign-in links and answered requests end by themselves within a day and belong to people who are signed in here; a restore
    // takes the answered requests away and leaves the others.
    private static readonly string[] LeftOut = ["schema_migrations", "sessions", "sign_in_tokens", "idempotency_keys"];

    // Who writes the index now: a number that must never go back.
    private static readonly string[] Kept = ["index_projectors"];

    /// <summary>
    /// What a restore takes away and an archive does not bring: originals, which travel as files wherever they are kept; what an index outside
    /// of the database holds, which is not what it held elsewhere; and how far comparisons have come.
    /// </summary>
    public static readonly IReadOnlyList<string> Emptied =
    [
        "blob_contents", "blob_parts", "blob_uploads", "index_terms", "index_analyzers", "index_documents", "index_collections", "index_versions", "walks",
    ];

    public static async Task<IReadOnlyList<AppliedMigration>> MigrationsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var exists = await Sql.ListAsync(connection, "select to_regclass('schema_migrations') is not null", row => row.GetBoolean(0), cancellationToken);
        return exists[0]
            ? await Sql.ListAsync(
                connection, "select number, checksum from schema_migrations order by number", row => new AppliedMigration(row.GetInt32(0), row.GetString(1)), cancellationToken)
            : throw new CliException("The database holds no RagPlatform yet.", "Start './rag up' once; it makes the tables.", ExitCode.Unavailable);
    }

    /// <summary>The tables so that each comes after those it refers to.</summary>
    public static async Task<IReadOnlyList<Table>> TablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var columns = await Sql.ListAsync(
            connection,
            """
            select c.relname, a.attname
            from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            order by c.relname, a.attnum
            """,
            row => (Table: row.GetString(0), Column: row.GetString(1)),
            cancellationToken);
        var references = await Sql.ListAsync(
            connection,
            """
            select distinct f.relname, t.relname
            from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
            where k.contype = 'f' and f.relnamespace = 'public'::regnamespace and f.oid <> t.oid
            """,
            row => (From: row.GetString(0), To: row.GetString(1)),
            cancellationToken);
        var tables = columns
            .Where(column => !LeftOut.Contains(column.Table) && !Kept.Contains(column.Table) && !Emptied.Contains(column.Table))
            .GroupBy(column => column.Table, column => column.Column, StringComparer.Ordinal)
            .Select(table => new Table(table.Key, [.. table]))
            .ToList();
        return InOrder(tables, references);
    }

    public static async Task<IReadOnlyDictionary<string, long>> SequencesAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await Sql.ListAsync(
            connection,
            "select sequencename::text, last_value from pg_sequences where schemaname = 'public' and last_value is not null order by 1",
            row => (Name: row.GetString(0), Value: row.GetInt64(1)),
            cancellationToken))
        .ToDictionary(sequence => sequence.Name, sequence => sequence.Value, StringComparer.Ordinal);

    private static List<Table> InOrder(List<Table> tables, List<(string From, string To)> references)
    {
        var ordered = new List<Table>();
        var open = tables.OrderBy(table => table.Name, StringComparer.Ordinal).ToList();
        while (open.Count > 0)
        {
            var next = open.Find(table => !references.Exists(one => one.From == table.Name && open.Exists(other => other.Name == one.To)))
                ?? throw new CliException($"The tables {string.Join(", ", open.Select(table => table.Name))} refer to each other in a circle.", "This version cannot copy them.");
            ordered.Add(next);
            open.Remove(next);
        }

        return ordered;
    }
}
