using System.Text.Json.Nodes;

namespace Rag.Client;

/// <summary>One document and where it stands.</summary>
public sealed record Document
{
    /// <summary>Stays when new content arrives under the same source id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name of its collection.</summary>
    public required string Collection { get; init; }

    /// <summary>Which document it is within its collection.</summary>
    public required string SourceId { get; init; }

    /// <summary>File name.</summary>
    public required string Name { get; init; }

    /// <summary>Title, when given or found.</summary>
    public string? Title { get; init; }

    /// <summary>As recognised, before that as declared.</summary>
    public string? MediaType { get; init; }

    /// <summary>The sender's own fields.</summary>
    public JsonObject Metadata { get; init; } = [];

    /// <summary>Where the newest content stands.</summary>
    public required DocumentStatus Status { get; init; }

    /// <summary>Step while processing.</summary>
    public string? Stage { get; init; }

    /// <summary>0 to 100.</summary>
    public int Progress { get; init; }

    /// <summary>Why it failed, or why the last attempt did.</summary>
    public Problem? Problem { get; init; }

    /// <summary>Whether some generation of it is found by searches now.</summary>
    public bool Searchable { get; init; }

    /// <summary>That generation.</summary>
    public long? Generation { get; init; }

    /// <summary>Its chunks.</summary>
    public int Chunks { get; init; }

    /// <summary>Pages, for formats that have them.</summary>
    public int? Pages { get; init; }

    /// <summary>Size of the newest original.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Hash of the newest original, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>What is known of the newest original.</summary>
    public OriginalState Original { get; init; }

    /// <summary>What a person should know although it is ready.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Attempts of the newest job.</summary>
    public int Attempts { get; init; }

    /// <summary>When it was first accepted.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When anything of it last changed.</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>When it last became searchable.</summary>
    public DateTimeOffset? ReadyAt { get; init; }
}

/// <summary>Where a document stands.</summary>
public enum DocumentStatus
{
    /// <summary>Waiting for a worker.</summary>
    Queued,

    /// <summary>A worker is at it.</summary>
    Processing,

    /// <summary>Searchable.</summary>
    Ready,

    /// <summary>Parked with a reason.</summary>
    Failed,

    /// <summary>Gone; only in events.</summary>
    Deleted,
}

/// <summary>What is known of an original. Without one a document stays searchable; sending the same file again puts it back.</summary>
public enum OriginalState
{
    /// <summary>Nothing is known to be wrong.</summary>
    Present,

    /// <summary>The store lost it.</summary>
    Missing,

    /// <summary>The store holds something else.</summary>
    Damaged,
}

/// <summary>A file to upload. The stream is read once, forward, and not disposed.</summary>
/// <param name="Name">File name; the document's name.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="MediaType">As declared; null lets the API recognise it.</param>
public sealed record UploadFile(string Name, Stream Content, string? MediaType = null);

/// <summary>What goes with an upload.</summary>
/// <param name="SourceId">Which document it is; with one file only.</param>
/// <param name="Title">Its title; with one file only.</param>
/// <param name="Metadata">For every file of the upload; at most 16 KB.</param>
/// <param name="IdempotencyKey">Repeats of the same upload with this key do nothing and give the same answer.</param>
public sealed record UploadOptions(string? SourceId = null, string? Title = null, JsonObject? Metadata = null, string? IdempotencyKey = null);

/// <summary>Bytes of one file handed to the network so far.</summary>
/// <param name="Name">Which file.</param>
/// <param name="SentBytes">So far.</param>
/// <param name="TotalBytes">Null when the stream does not know its length.</param>
public sealed record UploadProgress(string Name, long SentBytes, long? TotalBytes);

/// <summary>A document given as text.</summary>
public sealed record TextDocument(string Text, string? Title = null, string? Name = null, string? SourceId = null, JsonObject? Metadata = null);

/// <summary>What became of each file.</summary>
public sealed record Submission(IReadOnlyList<SubmittedItem> Items);

/// <summary>What became of one file.</summary>
/// <param name="Name">As sent.</param>
/// <param name="Status">Accepted, already there, or refused.</param>
/// <param name="Id">Its document unless refused.</param>
/// <param name="Problem">Why it was refused.</param>
public sealed record SubmittedItem(string Name, SubmissionStatus Status, Guid? Id, Problem? Problem);

/// <summary>What became of one file.</summary>
public enum SubmissionStatus
{
    /// <summary>Accepted.</summary>
    Queued,

    /// <summary>The same content is already there under this source id.</summary>
    Unchanged,

    /// <summary>Refused.</summary>
    Rejected,
}

/// <summary>Which documents to list.</summary>
/// <param name="Status">Only those in this state.</param>
/// <param name="Text">Only those with this in name or title.</param>
/// <param name="Limit">1 to 200; null: 50.</param>
/// <param name="Cursor">From the page before.</param>
public sealed record DocumentQuery(DocumentStatus? Status = null, string? Text = null, int? Limit = null, string? Cursor = null);

/// <summary>What to change; null leaves as it is. Metadata is replaced as a whole.</summary>
public sealed record UpdateDocument(string? Title = null, JsonObject? Metadata = null);

/// <summary>The extracted text that every offset of this generation points into.</summary>
/// <param name="DocumentId">Whose.</param>
/// <param name="Generation">Which.</param>
/// <param name="Text">Line ends are <c>\n</c>. The stretch that was asked for, else the whole.</param>
/// <param name="Length">Of the whole text, in UTF-16 code units.</param>
/// <param name="Start">Where <paramref name="Text"/> begins in the whole: as asked for, or one before so that no character is cut.</param>
public sealed record DocumentText(Guid DocumentId, long Generation, string Text, int Length, int Start = 0);

/// <summary>A passage of the active generation.</summary>
public sealed record Chunk(
    Guid Id,
    int Ordinal,
    int Start,
    int End,
    string Text,
    IReadOnlyList<string> Headings,
    int? Page,
    int Tokens,
    string Kind);

/// <summary>The original of a document; dispose it to release the connection.</summary>
public sealed class DocumentContent : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;

    internal DocumentContent(HttpResponseMessage response, Stream stream)
    {
        _response = response;
        Stream = stream;
    }

    /// <summary>Its bytes, forward only.</summary>
    public Stream Stream { get; }

    /// <summary>Size, when the API told it.</summary>
    public long? Length => _response.Content.Headers.ContentLength;

    /// <summary>Media type as the API tells it.</summary>
    public string? MediaType => _response.Content.Headers.ContentType?.MediaType;

    /// <summary>Name to save it under.</summary>
    public string? Name =>
        _response.Content.Headers.ContentDisposition?.FileNameStar ?? _response.Content.Headers.ContentDisposition?.FileName?.Trim('"');

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync().ConfigureAwait(false);
        _response.Dispose();
    }
}
