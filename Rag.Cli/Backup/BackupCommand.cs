using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace Rag.Cli.Backup;

/// <summary><c>rag backup</c>: database and originals in one file, while everything runs.</summary>
internal static class BackupCommand
{
    public static Command Create(CliContext context)
    {
        var file = new Argument<string>("file") { Description = "Where to write the archive, e.g. rag-2026-05-01.tar.gz." };
        var connection = DatabaseConnection.Option();
        var blobs = DatabaseConnection.BlobsOption();
        var command = new Command("backup", "Write database and originals into one archive; works while everything runs.") { file, connection, blobs };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            context, parsed.GetValue(file)!, parsed.GetValue(connection), parsed.GetValue(blobs), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, string file, string? connectionString, string? blobs, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(file, context.WorkingDirectory);
        if (Path.Exists(path))
        {
            throw new CliException($"'{file}' exists already.", "Choose another name; a backup never overwrites.", ExitCode.Usage);
        }

        var started = Stopwatch.GetTimestamp();
        var blobRoot = DatabaseConnection.BlobRoot(context, blobs, connectionString);
        await using var connection = await DatabaseConnection.OpenAsync(context, connectionString, cancellationToken);
        var program = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        var manifest = await BackupWriter.WriteAsync(connection, blobRoot, path, program, context.Time, cancellationToken);

        var documents = manifest.Tables.FirstOrDefault(table => table.Name == "documents")?.Rows ?? 0;
        context.Terminal.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{file}: {documents} documents, {manifest.Blobs.Count} originals, {new FileInfo(path).Length / 1024.0 / 1024.0:0.0} MiB, in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s."));
        if (manifest.MissingBlobs.Count > 0)
        {
            context.Terminal.Problem(
                $"{manifest.MissingBlobs.Count} originals are not in {(manifest.Originals == OriginalStore.Postgres ? "the database" : blobRoot)}, or are damaged there, and so are not in the archive either.",
                manifest.Originals == OriginalStore.Postgres
                    ? "Their text and passages are in it. Sending the same files again puts the originals back."
                    : "Their text and passages are in it. Is it the right folder? --blobs names another; originals in a bucket have to be copied into a folder first.");
            return ExitCode.Failed;
        }

        return ExitCode.Ok;
    }
}
