using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rag.Core.Documents;

/// <summary>Content that somebody sends.</summary>
public sealed record Submission
{
    /// <summary>Where it goes.</summary>
    public required CollectionId Collection { get; init; }

    /// <summary>Who sends it: what has much waiting already goes behind what others send.</summary>
    public SenderId Sender { get; init; }

    /// <summary>File name as sent; folders and control characters are taken off.</summary>
    public required string Name { get; init; }

    /// <summary>Read once, to its end; the caller disposes it.</summary>
    public required Stream Content { get; init; }

    /// <summary>Which document it is, 1 to 1024 characters; null: <c>sha256:...</c> of the content.</summary>
    public string? SourceId { get; init; }

    /// <summary>Null: the one that the document states.</summary>
    public string? Title { get; init; }

    /// <summary>As declared; a hint.</summary>
    public string? MediaType { get; init; }

    /// <summary>At most 16 KB as JSON; null: none, or what the document had before.</summary>
    public JsonObject? Metadata { get; init; }
}

/// <summary>What became of a submission.</summary>
/// <param name="Outcome">Whether there is anything to do.</param>
/// <param name="Document">As it stands now.</param>
public sealed record SubmissionResult(SubmissionOutcome Outcome, Document Document);

/// <summary>Whether a submission made work.</summary>
public enum SubmissionOutcome
{
    /// <summary>A job is waiting for a worker.</summary>
    Queued,

    /// <summary>The same content under the same key was accepted before, and did not fail.</summary>
    Unchanged,
}

/// <summary>The rules for what comes with content.</summary>
internal static class SubmissionRules
{
    public const int MaxMetadataBytes = 16 * 1024;
    public const int MaxTitleLength = 1000;
    public const int MaxSourceIdLength = 1024;

    /// <summary>JSON for the database.</summary>
    /// <exception cref="RagException"><c>invalid-request</c>.</exception>
    public static string Metadata(JsonObject metadata)
    {
        var json = metadata.ToJsonString();
        // Counted as the sender would: escapes that only the serializer chose do not make it longer than what UTF-8 needs.
        var size = JsonSerializer.SerializeToUtf8Bytes(metadata, RelaxedJson).Length;
        if (size > MaxMetadataBytes)
        {
            throw new RagException("invalid-request", $"'metadata' is {size} bytes long; at most {MaxMetadataBytes} are accepted.");
        }

        // A backslash that is itself escaped stands before an ordinary "u0000".
        if (json.Replace(@"\\", "", StringComparison.Ordinal).Contains(@"\u0000", StringComparison.Ordinal))
        {
            throw new RagException("invalid-request", "'metadata' holds a NUL character, which cannot be stored. Remove it.");
        }

        return json;
    }

    /// <exception cref="RagException"><c>invalid-request</c>.</exception>
    public static string? Title(string? title)
    {
        var clean = title is null ? null : StorableText.Clean(title).Trim();
        return clean is { Length: > MaxTitleLength }
            ? throw new RagException("invalid-request", $"'title' has {clean.Length} characters; at most {MaxTitleLength} are accepted.")
            : clean;
    }

    /// <exception cref="RagException"><c>invalid-request</c>.</exception>
    public static string? SourceId(string? sourceId)
    {
        if (sourceId is null)
        {
            return null;
        }

        if (sourceId.Length is 0 or > MaxSourceIdLength || sourceId.Any(char.IsControl) || StorableText.Clean(sourceId) != sourceId)
        {
            throw new RagException(
                "invalid-request", $"'sourceId' must have 1 to {MaxSourceIdLength} characters, none of them a control character.");
        }

        return sourceId;
    }

    /// <summary>Whether content without a byte is a document: one that the sender names and that is text is, and is simply never found.</summary>
    public static bool MayBeEmpty(Submission submission) => submission.SourceId is not null
        && submission.MediaType is { } type
        && type.StartsWith("text/", StringComparison.OrdinalIgnoreCase);

    private static readonly JsonSerializerOptions RelaxedJson = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
