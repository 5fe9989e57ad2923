using System.Security.Cryptography;
using Npgsql;
using Rag.Core.Blobs;

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
    public static async Task RunAsync(
        NpgsqlConnection connection, string file, BackupManifest manifest, string blobRoot, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
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
                await StoreAsync(blob, blobRoot, content, cancellationToken);
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

        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task ClearAsync(NpgsqlConnection connection, BackupManifest manifest, CancellationToken cancellationToken)
    {
        await Sql.RunAsync(connection, "create temporary table sequences_before on commit drop as select * from collection_sequences", cancellationToken);
        // Answers that are given again to a repeated request name documents that are about to go.
        await Sql.RunAsync(connection, "delete from idempotency_keys", cancellationToken);
        // The bootstrap key is this installation's own and stays, and with it the sessions that were opened by it.
        await Sql.RunAsync(connection, "delete from api_keys where not bootstrap", cancellationToken);
        var names = string.Join(", ", manifest.Tables.Where(table => table.Name != "api_keys").Select(table => Sql.Quote(table.Name)));
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

    private static async Task StoreAsync(BlobEntry blob, string root, Stream content, CancellationToken cancellationToken)
    {
        var path = blob.PathIn(root);
        if (await HoldsAsync(path, blob.Sha256, cancellationToken))
        {
            return;
        }

        var folder = Path.GetDirectoryName(path)!;
        DurableFiles.CreateDirectory(folder);
        var unfinished = $"{path}.{Guid.NewGuid():N}.restoring";
        try
        {
            await using (var target = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write))
            {
                await content.CopyToAsync(target, BufferSize, cancellationToken);
                target.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }

        DurableFiles.FlushDirectory(folder);
    }

    // A file of that name may be what the restore is for: a damaged one.
    private static async Task<bool> HoldsAsync(string path, string sha256, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        await using var content = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) == sha256;
    }
}
