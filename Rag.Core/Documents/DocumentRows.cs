using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;

namespace Rag.Core.Documents;

/// <summary>The columns of a document and how they are read.</summary>
internal static class DocumentRows
{
    /// <summary>For a table that is named <c>d</c> in the statement.</summary>
    public const string Columns =
        """
        d.id, d.collection_id, d.source_id, d.name, d.title, d.media_type, d.metadata::text, d.status, d.stage, d.progress,
        d.problem_code, d.problem, d.active_generation, d.chunk_count, d.page_count, d.size_bytes, d.sha256, d.warnings::text,
        coalesce((select j.attempts from jobs j where j.document_id = d.id order by j.created desc, j.id desc limit 1), 0),
        d.created, d.updated, d.ready_at, (select b.fault from blobs b where b.collection_id = d.collection_id and b.sha256 = d.sha256)
        """;

    public static Document Map(NpgsqlDataReader row)
    {
        var i = 0;
        return new Document
        {
            Id = new DocumentId(row.GetGuid(i++)),
            Collection = new CollectionId(row.GetGuid(i++)),
            SourceId = row.GetString(i++),
            Name = row.GetString(i++),
            Title = Text(row, i++),
            MediaType = Text(row, i++),
            Metadata = (JsonObject)JsonNode.Parse(row.GetString(i++))!,
            Status = Status(row.GetString(i++)),
            Stage = Text(row, i++),
            Progress = row.GetInt32(i++),
            Problem = Problem(row, i++, i++),
            ActiveGeneration = row.IsDBNull(i++) ? null : row.GetInt64(i - 1),
            Chunks = row.GetInt32(i++),
            Pages = row.IsDBNull(i++) ? null : row.GetInt32(i - 1),
            SizeBytes = row.GetInt64(i++),
            Sha256 = row.GetFieldValue<byte[]>(i++),
            Warnings = JsonSerializer.Deserialize<string[]>(row.GetString(i++))!,
            Attempts = row.GetInt32(i++),
            Created = row.GetFieldValue<DateTimeOffset>(i++),
            Updated = row.GetFieldValue<DateTimeOffset>(i++),
            ReadyAt = row.IsDBNull(i++) ? null : row.GetFieldValue<DateTimeOffset>(i - 1),
            Original = Original(Text(row, i++)),
        };
    }

    public static string Name(DocumentStatus status) => status switch
    {
        DocumentStatus.Queued => "queued",
        DocumentStatus.Processing => "processing",
        DocumentStatus.Ready => "ready",
        DocumentStatus.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    private static OriginalState Original(string? fault) => fault switch
    {
        null => OriginalState.Present,
        "missing" => OriginalState.Missing,
        "damaged" => OriginalState.Damaged,
        _ => throw new InvalidOperationException($"The database holds a fault of originals that this version does not know: '{fault}'."),
    };

    private static DocumentStatus Status(string name) => name switch
    {
        "queued" => DocumentStatus.Queued,
        "processing" => DocumentStatus.Processing,
        "ready" => DocumentStatus.Ready,
        "failed" => DocumentStatus.Failed,
        _ => throw new InvalidOperationException($"The database holds a document status that this version does not know: '{name}'."),
    };

    private static string? Text(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetString(ordinal);

    private static Problem? Problem(NpgsqlDataReader row, int code, int message) =>
        row.IsDBNull(code) ? null : new Problem(row.GetString(code), row.GetString(message));
}
