using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Npgsql;
using Rag.Core.Blobs;

namespace Rag.Cli.Backup;

/// <summary>Writes database and originals into one archive, as of one moment, while everything runs.</summary>
internal static class BackupWriter
{
    private const int BufferSize = 128 * 1024;

    /// <summary>
    /// Writes the archive to <paramref name="file"/>, which must not exist; nothing stands under that name before it is whole.
    /// Originals outlive their last reference by a day, so those that the snapshot names are still there.
    /// </summary>
    public static async Task<BackupManifest> WriteAsync(
        NpgsqlConnection connection, string? blobRoot, string file, string program, TimeProvider time, CancellationToken cancellationToken)
    {
        // Names that nobody else has: what lies beside the archive is not this command's to overwrite or delete.
        var own = $"{file}.{Guid.NewGuid():N}";
        var unfinished = own + ".unfinished";
        var spool = own + ".table";
        try
        {
            BackupManifest manifest;
            await using (var output = Create(unfinished))
            {
                await using (var compressed = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
                await using (var tar = new TarWriter(compressed, TarEntryFormat.Pax, leaveOpen: true))
                {
                    manifest = await WriteEntriesAsync(connection, blobRoot, tar, spool, program, time, cancellationToken);
                }

                output.Flush(flushToDisk: true);
            }

            File.Move(unfinished, file);
            DurableFiles.FlushDirectory(Path.GetDirectoryName(file)!);
            return manifest;
        }
        finally
        {
            File.Delete(unfinished);
            File.Delete(spool);
        }
    }

    private static async Task<BackupManifest> WriteEntriesAsync(
        NpgsqlConnection connection, string? blobRoot, TarWriter tar, string spool, string program, TimeProvider time, CancellationToken cancellationToken)
    {
        // One snapshot for every table; readers block nobody.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        await Sql.RunAsync(connection, "set transaction read only", cancellationToken);
        var schema = await DatabaseShape.MigrationsAsync(connection, cancellationToken);
        // Whether they are in the database, the rows tell; in which folder, they do not.
        var wanted = await DatabaseOriginals.WantedAsync(connection, cancellationToken);
        var inDatabase = await DatabaseOriginals.AnyAsync(connection, cancellationToken);
        if (blobRoot is null && !inDatabase && wanted.Count > 0)
        {
            throw DatabaseConnection.NoBlobRoot();
        }

        var tables = new List<TableEntry>();
        foreach (var table in await DatabaseShape.TablesAsync(connection, cancellationToken))
        {
            tables.Add(await WriteTableAsync(connection, table, tar, spool, cancellationToken));
        }

        var (present, missing) = await WriteOriginalsAsync(connection, wanted, blobRoot, tar, cancellationToken);
        var manifest = new BackupManifest
        {
            Format = BackupManifest.CurrentFormat,
            Program = program,
            Created = time.GetUtcNow(),
            Schema = schema,
            Tables = tables,
            // Sequences stand outside of snapshots: read last, they are beyond every number that was copied.
            Sequences = await DatabaseShape.SequencesAsync(connection, cancellationToken),
            Originals = inDatabase ? OriginalStore.Postgres : OriginalStore.Files,
            Blobs = present,
            MissingBlobs = missing,
        };
        await using var text = new MemoryStream(manifest.ToBytes());
        await tar.WriteEntryAsync(Entry(BackupManifest.EntryName, text), cancellationToken);
        return manifest;
    }

    // A tar entry begins with its length, which a COPY tells only at its end: hence the detour over a file.
    private static async Task<TableEntry> WriteTableAsync(
        NpgsqlConnection connection, Table table, TarWriter tar, string spool, CancellationToken cancellationToken)
    {
        var count = (await Sql.ListAsync(
            connection, $"select count(*) from {Sql.Quote(table.Name)} {table.Condition}", row => row.GetInt64(0), cancellationToken))[0];
        await using var file = Create(spool, FileMode.Create, FileAccess.ReadWrite);
        await using (var copy = await connection.BeginRawBinaryCopyAsync(
            $"copy (select {table.ColumnList} from {Sql.Quote(table.Name)} {table.Condition}) to stdout (format binary)", cancellationToken))
        {
            await copy.CopyToAsync(file, BufferSize, cancellationToken);
        }

        file.Position = 0;
        var hash = await SHA256.HashDataAsync(file, cancellationToken);
        file.Position = 0;
        var entry = new TableEntry(table.Name, table.Columns, count, Convert.ToHexStringLower(hash));
        await tar.WriteEntryAsync(Entry(entry.EntryName, file), cancellationToken);
        return entry;
    }

    private static async Task<(List<BlobEntry> Present, List<string> Missing)> WriteOriginalsAsync(
        NpgsqlConnection connection, List<(BlobEntry Blob, Guid? Upload)> wanted, string? root, TarWriter tar, CancellationToken cancellationToken)
    {
        var present = new List<BlobEntry>();
        var missing = new List<string>();
        foreach (var (blob, upload) in wanted)
        {
            await using var content = upload is { } id
                ? await DatabaseOriginals.OpenAsync(connection, id, cancellationToken)
                : root is null ? null : FileOriginals.Open(blob, root);
            if (content is null || Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) != blob.Sha256)
            {
                missing.Add(blob.EntryName);
                continue;
            }

            content.Position = 0;
            await tar.WriteEntryAsync(Entry(blob.EntryName, content), cancellationToken);
            present.Add(blob);
        }

        return (present, missing);
    }

    private static PaxTarEntry Entry(string name, Stream content) => new(TarEntryType.RegularFile, name) { DataStream = content };

    /// <summary>The archive holds every document and the hashes of the keys: for its owner only.</summary>
    private static FileStream Create(string path, FileMode mode = FileMode.CreateNew, FileAccess access = FileAccess.Write)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, BufferSize = BufferSize };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }
}
