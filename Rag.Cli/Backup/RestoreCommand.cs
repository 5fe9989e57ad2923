using System.CommandLine;
using System.Globalization;

namespace Rag.Cli.Backup;

/// <summary><c>rag restore</c>: an archive into an empty installation.</summary>
internal static class RestoreCommand
{
    public static Command Create(CliContext context)
    {
        var file = new Argument<string>("file") { Description = "The archive." };
        var connection = DatabaseConnection.Option();
        var blobs = DatabaseConnection.BlobsOption();
        var inDatabase = new Option<bool>("--blobs-in-database") { Description = "Put the originals into the database (Rag:Blobs:Provider=postgres); without this and --blobs they go where they were." };
        var replace = new Option<bool>("--replace") { Description = "Take away what is there, after asking." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new Command("restore", "Check an archive of 'rag backup' and put it into an empty installation.") { file, connection, blobs, inDatabase, replace, yes };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            context,
            parsed.GetValue(file)!,
            parsed.GetValue(connection),
            parsed.GetValue(blobs),
            parsed.GetValue(inDatabase),
            parsed.GetValue(replace),
            parsed.GetValue(yes),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        CliContext context, string file, string? connectionString, string? blobs, bool inDatabase, bool replace, bool yes, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(file, context.WorkingDirectory);
        if (!File.Exists(path))
        {
            throw new CliException($"There is no file '{file}'.", remedy: null, ExitCode.Usage);
        }

        if (blobs is not null && inDatabase)
        {
            throw new CliException("Originals go into a folder or into the database, not both.", "Leave out --blobs or --blobs-in-database. Nothing was changed.", ExitCode.Usage);
        }

        // Everything that can be refused is refused before anything is touched.
        var manifest = await BackupArchive.VerifyAsync(path, cancellationToken);
        var blobRoot = inDatabase || (blobs is null && manifest.Originals == OriginalStore.Postgres)
            ? null
            : DatabaseConnection.BlobRoot(context, blobs, connectionString) ?? throw DatabaseConnection.NoBlobRoot(", or --blobs-in-database");
        await using var connection = await DatabaseConnection.OpenAsync(context, connectionString, cancellationToken);
        await BackupRestore.RequireSameSchemaAsync(connection, manifest, cancellationToken);
        var empty = await BackupRestore.IsEmptyAsync(connection, cancellationToken);
        if (!empty)
        {
            await RequireLeaveAsync(context, connection.Database, replace, yes, cancellationToken);
        }

        await BackupRestore.RunAsync(connection, path, manifest, blobRoot, cancellationToken);
        context.Terminal.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"Restored as of {manifest.Created:yyyy-MM-dd HH:mm} UTC: {Rows(manifest, "collections")} collections, {Rows(manifest, "documents")} documents, {manifest.Blobs.Count} originals."));
        context.Terminal.Line(blobRoot is null
            ? "The originals are in the database: API and workers need Rag:Blobs:Provider=postgres."
            : $"The originals are in {blobRoot}: API and workers need Rag:Blobs:Provider=files, which is the default, or s3 once the folder is in the bucket.");
        if (Rows(manifest, "queue_pauses") > 0)
        {
            context.Terminal.Warn("The queue, or a collection of it, was paused when this copy was made, and is so now: './rag jobs resume', or -c COLLECTION, lets work go on.");
        }

        if (!empty)
        {
            context.Terminal.Warn("Stop './rag up' and start it again, so that the indexes in memory are read anew.");
        }

        return ExitCode.Ok;
    }

    private static async Task RequireLeaveAsync(CliContext context, string database, bool replace, bool yes, CancellationToken cancellationToken)
    {
        if (!replace)
        {
            throw new CliException($"The database '{database}' is not empty.", "Restore into an empty installation, or add --replace to take away what is there. Nothing was changed.");
        }

        if (!await context.Terminal.ConfirmAsync($"Remove every collection in the database '{database}' and put the archive in their place?", yes, cancellationToken))
        {
            throw new CliException("Not restored: nobody agreed to remove what is there.", "Add --yes where nobody can be asked. Nothing was changed.");
        }
    }

    private static long Rows(BackupManifest manifest, string table) => manifest.Tables.FirstOrDefault(one => one.Name == table)?.Rows ?? 0;
}
