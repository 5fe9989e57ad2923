using Npgsql;

namespace Rag.Cli.Backup;

/// <summary>Puts a verified archive into a database: all of it or nothing.</summary>
internal static class BackupRestore
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Whether the database holds nothing that a restore would have to take away.</summary>
    public static async Task<bool> IsEmptyAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await Sql.ListAsync(
            connection,
            "select not exists (select from collections) and not exists (select from api_keys where not bootstrap)",
            row => row.GetBoolean(0),
            cancellationToken))[0];

    /// <summary>Refuses an archive that this database cannot take.</summary>
    /// <exception cref="CliException">The schemas differ.</exception>
    public static async Task RequireSameSchemaAsync(NpgsqlConnection connection, BackupManifest manifest, CancellationToken cancellationToken)
    {
        var here = await DatabaseShape.MigrationsAsync(connection, cancellationToken);
        if (!here.SequenceEqual(manifest.Schema))
        {
            throw new CliException(
                $"The archive's schema is at migration {manifest.Schema.Count}, the database's at {here.Count}, or they differ in content.",
                $"Restore it with the version that wrote it ({manifest.Program}), then start the newer version on the result. Nothing was changed.");
        }

        var tables = await DatabaseShape.TablesAsync(connection, cancellationToken);
        if (!tables.Select(table => $"{table.Name}({table.ColumnList})").Order(StringComparer.Ordinal).SequenceEqual(
            manifest.Tables.Select(table => $"{table.Name}({new Table(table.Name, table.Columns).ColumnList})").Order(StringComparer.Ordinal)))
        {
            throw new CliException("The archive's tables are not those of the database.", "Someone changed the database's tables by hand. Nothing was changed by this command.");
        }
    }

    /// <summary>
    /// Restores in one transaction. Originals are written before it commits: content that nothing refers to does no harm, a reference
    /// without its content would.
    /// </summary>
    /// <param name="connection">The database.</param>
    /// <param name="file">The archive.</param>
    /// <param name="manifest">Its manifest, verified.</param>
    /// <param name="blobRoot">Folder for the originals; null: into the database.</param>
    /// <param name="cancellationToken">Cancels; nothing is changed then.</param>
    public static async Task RunAsync(
        NpgsqlConnection connection, string file, BackupManifest manifest, string? blobRoot, CancellationToken cancellationToken)
    {
        if (blobRoot is not null)
        {
            FileOriginals.Prepare(blobRoot);
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var former = (await Sql.ListAsync(connection, "select id from installation", row => row.GetGuid(0), cancellationToken))[0];
        await ClearAsync(connection, manifest, cancellationToken);
        var tables = manifest.Tables.ToDictionary(table => table.EntryName, StringComparer.Ordinal);
        var blobs = manifest.Blobs.ToDictionary(blob => blob.EntryName, StringComparer.Ordinal);
        await foreach (var (name, content) in BackupArchive.EntriesAsync(file, cancellationToken))
        {
            if (tables.TryGetValue(name, out var table))
            {
                await LoadAsync(connection, table, content, cancellationToken);
            }
            else if (blobs.TryGetValue(name, out var blob))
            {
                await (blobRoot is null
                    ? DatabaseOriginals.StoreAsync(connection, blob, content, cancellationToken)
                    : FileOriginals.StoreAsync(blob, blobRoot, content, cancellationToken));
            }
        }

        foreach (var (sequence, value) in manifest.Sequences)
        {
            // Numbers that this installation gave out stay given out as well, whatever the archive says.
            await Sql.RunAsync(
                connection,
                "select setval($1::regclass, greatest($2, 1, (select last_value from pg_sequences where schemaname = 'public' and sequencename = $1)))",
                cancellationToken,
                sequence,
                value);
        }

        await Sql.RunAsync(
            connection,
            """
            update collection_sequences now set change_seq = greatest(now.change_seq, before.change_seq), event_seq = greatest(now.event_seq, before.event_seq)
            from sequences_before before where before.collection_id = now.collection_id
            """,
            cancellationToken);

        // What was wrong with an original there need not be so here; the services compare anew.
        await Sql.RunAsync(connection, "update blobs set fault = null, fault_found = null where fault is not null", cancellationToken);
        // An index outside of the database is built anew by whoever finds no books of it; what it held until now is dropped there.
        await Sql.RunAsync(
            connection,
            """
            insert into index_versions (provider, name, state, created, activated, retired)
            select provider, name, 'retired', created, activated, now() from versions_before
            """,
            cancellationToken);

        await transaction.CommitAsync(cancellationToken);
        if (blobRoot is not null)
        {
            FileOriginals.Release(blobRoot, former);
        }
    }

    private static async Task ClearAsync(NpgsqlConnection connection, BackupManifest manifest, CancellationToken cancellationToken)
    {
        await Sql.RunAsync(connection, "create temporary table sequences_before on commit drop as select * from collection_sequences", cancellationToken);
        await Sql.RunAsync(connection, "create temporary table versions_before on commit drop as select * from index_versions", cancellationToken);
        // Answers that are given again to a repeated request name documents that are about to go.
        await Sql.RunAsync(connection, "delete from idempotency_keys", cancellationToken);
        // The bootstrap key is this installation's own and stays, and with it the sessions that were opened by it.
        await Sql.RunAsync(connection, "delete from api_keys where not bootstrap", cancellationToken);
        var names = string.Join(", ", manifest.Tables.Select(table => table.Name).Where(name => name != "api_keys").Concat(DatabaseShape.Emptied).Select(Sql.Quote));
        await Sql.RunAsync(connection, $"truncate {names}", cancellationToken);
    }

    private static async Task LoadAsync(NpgsqlConnection connection, TableEntry table, Stream content, CancellationToken cancellationToken)
    {
        var columns = string.Join(", ", table.Columns.Select(Sql.Quote));
        await using (var copy = await connection.BeginRawBinaryCopyAsync(
            $"copy {Sql.Quote(table.Name)} ({columns}) from stdin (format binary)", cancellationToken))
        {
            await content.CopyToAsync(copy, BufferSize, cancellationToken);
        }

        var condition = new Table(table.Name, table.Columns).Condition;
        var rows = (await Sql.ListAsync(
            connection, $"select count(*) from {Sql.Quote(table.Name)} {condition}", row => row.GetInt64(0), cancellationToken))[0];
        if (rows != table.Rows)
        {
            throw new CliException($"{rows} rows of '{table.Name}' arrived, the archive names {table.Rows}.", "Nothing was changed. Please report this.");
        }
    }
}
