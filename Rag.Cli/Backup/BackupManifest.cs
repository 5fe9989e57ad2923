using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rag.Cli.Backup;

/// <summary>
/// What an archive says of itself. It is the last entry, so that a cut-off archive has none and is refused.
/// </summary>
/// <remarks>
/// The archive is a gzip-compressed tar: <c>tables/{name}.copy</c> (PostgreSQL's binary COPY, tables in the order of their foreign keys),
/// <c>blobs/{collection id}/{sha256}</c> wherever they were kept, <c>manifest.json</c>.
/// </remarks>
internal sealed record BackupManifest
{
    public const int CurrentFormat = 1;
    public const string EntryName = "manifest.json";

    public required int Format { get; init; }

    /// <summary>Version of the program that wrote it.</summary>
    public required string Program { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The migrations of the database it came from; only a database with the same can take it.</summary>
    public required IReadOnlyList<AppliedMigration> Schema { get; init; }

    public required IReadOnlyList<TableEntry> Tables { get; init; }

    /// <summary>Last numbers given out, by sequence.</summary>
    public required IReadOnlyDictionary<string, long> Sequences { get; init; }

    /// <summary>Where they were; a restore puts them there again unless it is told otherwise.</summary>
    public OriginalStore Originals { get; init; }

    public required IReadOnlyList<BlobEntry> Blobs { get; init; }

    /// <summary>Originals that the database names and the store did not have, or had with other content: they are not in the archive.</summary>
    public required IReadOnlyList<string> MissingBlobs { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web);

    /// <exception cref="CliException">The text is no manifest of a format that this version knows.</exception>
    public static BackupManifest Parse(ReadOnlySpan<byte> utf8)
    {
        BackupManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<BackupManifest>(utf8, JsonSerializerOptions.Web);
        }
        catch (JsonException exception)
        {
            throw new CliException("The archive's manifest cannot be read.", "The archive is damaged; use another one. Nothing was changed.", ExitCode.Failed, exception);
        }

        return manifest switch
        {
            null => throw new CliException("The archive's manifest is empty.", "The archive is damaged; use another one. Nothing was changed."),
            { Format: not CurrentFormat } => throw new CliException(
                $"The archive has format {manifest.Format}; this version reads format {CurrentFormat}.", $"Restore it with the version that wrote it ({manifest.Program})."),
            _ => manifest,
        };
    }
}

/// <summary>A migration as the database recorded it.</summary>
internal sealed record AppliedMigration(int Number, string Checksum);

/// <summary>One table of the archive.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">In the order of the file.</param>
/// <param name="Rows">How many.</param>
/// <param name="Sha256">Of the entry, lower-case hexadecimal.</param>
internal sealed record TableEntry(string Name, IReadOnlyList<string> Columns, long Rows, string Sha256)
{
    public string EntryName => $"tables/{Name}.copy";
}

/// <summary>One original. Its hash is its name.</summary>
internal sealed record BlobEntry(Guid Collection, string Sha256)
{
    public string EntryName => $"blobs/{Collection:D}/{Sha256}";
}

/// <summary>Where an installation keeps its originals; the values of <c>Rag:Blobs:Provider</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OriginalStore>))]
internal enum OriginalStore
{
    Files,
    Postgres,
}
