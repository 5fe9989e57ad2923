using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Rag.Client;

/// <content>Documents and their events.</content>
public sealed partial class RagClient
{
    /// <summary>
    /// Uploads files in one request, streamed. Each file is accepted or rejected by itself; only when all are rejected the call throws
    /// with the first problem.
    /// </summary>
    /// <param name="collection">Where to.</param>
    /// <param name="files">At least one; their streams are read once and stay the caller's.</param>
    /// <param name="options">What goes with them.</param>
    /// <param name="progress">Told as bytes leave, at most about every 64 KB.</param>
    /// <param name="cancellationToken">Ends the upload; files already accepted stay.</param>
    public Task<Submission> UploadAsync(
        string collection,
        IReadOnlyList<UploadFile> files,
        UploadOptions? options = null,
        IProgress<UploadProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        var body = new MultipartFormDataContent();
        AddField(body, "sourceId", options?.SourceId);
        AddField(body, "title", options?.Title);
        AddField(body, "metadata", options?.Metadata?.ToJsonString());
        foreach (var file in files)
        {
            var part = new UploadContent(file, progress);
            if (file.MediaType is not null && MediaTypeHeaderValue.TryParse(file.MediaType, out var mediaType))
            {
                part.Headers.ContentType = mediaType;
            }

            // Any name can go out: the extended form encodes it, the plain one is for readers that know no other. Adding the part by
            // name instead would let the framework refuse quotes and control characters.
            part.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data")
            {
                Name = "\"file\"",
                FileName = $"\"{string.Concat(file.Name.Select(static character => character is < ' ' or > '~' or '"' or '\\' ? '_' : character))}\"",
                FileNameStar = file.Name,
            };
            body.Add(part);
        }

        return SendAsync<Submission>(HttpMethod.Post, Path("collections", collection, "documents"), body, cancellationToken, options?.IdempotencyKey);
    }

    /// <summary>Adds a document given as text.</summary>
    public Task<Submission> AddTextAsync(string collection, TextDocument document, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        SendAsync<Submission>(HttpMethod.Post, Path("collections", collection, "documents"), Json(document), cancellationToken, idempotencyKey);

    /// <summary>One page of documents, newest first.</summary>
    public Task<Page<Document>> ListDocumentsAsync(string collection, DocumentQuery? query = null, CancellationToken cancellationToken = default) =>
        SendAsync<Page<Document>>(
            HttpMethod.Get,
            WithQuery(
                Path("collections", collection, "documents"),
                ("status", query?.Status is { } status ? JsonNamingPolicy.CamelCase.ConvertName(status.ToString()) : null),
                ("q", query?.Text),
                ("limit", Text(query?.Limit)),
                ("cursor", query?.Cursor)),
            null,
            cancellationToken);

    /// <summary>Every document, page by page.</summary>
    public async IAsyncEnumerable<Document> AllDocumentsAsync(
        string collection, DocumentQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        query ??= new DocumentQuery(Limit: 200);
        while (true)
        {
            var page = await ListDocumentsAsync(collection, query, cancellationToken).ConfigureAwait(false);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            if (page.NextCursor is null)
            {
                yield break;
            }

            query = query with { Cursor = page.NextCursor };
        }
    }

    /// <summary>One document.</summary>
    public Task<Document> GetDocumentAsync(string collection, Guid id, CancellationToken cancellationToken = default) =>
        SendAsync<Document>(HttpMethod.Get, DocumentPath(collection, id), null, cancellationToken);

    /// <summary>Changes title or metadata.</summary>
    public Task<Document> UpdateDocumentAsync(string collection, Guid id, UpdateDocument change, CancellationToken cancellationToken = default) =>
        SendAsync<Document>(HttpMethod.Patch, DocumentPath(collection, id), Json(change), cancellationToken);

    /// <summary>Removes it; succeeds also when it is gone already.</summary>
    public Task DeleteDocumentAsync(string collection, Guid id, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Delete, DocumentPath(collection, id), cancellationToken);

    /// <summary>Removes up to 200 documents; the number that were there.</summary>
    public async Task<int> DeleteDocumentsAsync(string collection, IReadOnlyList<Guid> ids, CancellationToken cancellationToken = default) =>
        (await SendAsync<DeletedCount>(
            HttpMethod.Post, Path("collections", collection, "documents", "delete"), Json(new { ids }), cancellationToken).ConfigureAwait(false)).Deleted;

    /// <summary>Processes it again, which is also the retry of a failed one; what is searchable stays so meanwhile.</summary>
    public Task<Document> ReprocessDocumentAsync(string collection, Guid id, CancellationToken cancellationToken = default) =>
        SendAsync<Document>(HttpMethod.Post, DocumentPath(collection, id) + "/reprocess", null, cancellationToken);

    /// <summary>The original; dispose what is returned.</summary>
    public async Task<DocumentContent> OpenContentAsync(string collection, Guid id, CancellationToken cancellationToken = default)
    {
        var response = await SendAsync(HttpMethod.Get, DocumentPath(collection, id) + "/content", null, null, cancellationToken).ConfigureAwait(false);
        return new DocumentContent(response, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The extracted text of a generation, by default the active one.</summary>
    /// <param name="collection">Its collection.</param>
    /// <param name="id">The document.</param>
    /// <param name="generation">Null: the one that is searched.</param>
    /// <param name="start">First UTF-16 code unit; null: the beginning.</param>
    /// <param name="end">One past the last; null, or beyond the text: its end.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<DocumentText> GetTextAsync(
        string collection, Guid id, long? generation = null, int? start = null, int? end = null, CancellationToken cancellationToken = default) =>
        SendAsync<DocumentText>(
            HttpMethod.Get,
            WithQuery(DocumentPath(collection, id) + "/text", ("generation", Text(generation)), ("start", Text(start)), ("end", Text(end))),
            null,
            cancellationToken);

    /// <summary>One page of its chunks by ordinal; with <paramref name="at"/> only those that hold that offset.</summary>
    public Task<Page<Chunk>> ListChunksAsync(
        string collection, Guid id, int? limit = null, string? cursor = null, int? at = null, CancellationToken cancellationToken = default) =>
        SendAsync<Page<Chunk>>(
            HttpMethod.Get,
            WithQuery(DocumentPath(collection, id) + "/chunks", ("limit", Text(limit)), ("cursor", cursor), ("at", Text(at))),
            null,
            cancellationToken);

    /// <summary>
    /// What happens to the collection's documents, over one connection. Ends when the API ends it or throws when the connection breaks;
    /// call again with the last sequence to go on without a gap.
    /// </summary>
    /// <param name="collection">Which.</param>
    /// <param name="after">Events after this sequence; null: from now on.</param>
    /// <param name="cancellationToken">Closes the connection.</param>
    public async IAsyncEnumerable<CollectionEvent> FollowEventsAsync(
        string collection, long? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, WithQuery(Path("collections", collection, "events"), ("after", Text(after))));
        request.Headers.Accept.ParseAdd("text/event-stream");
        var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        await foreach (var item in EventsOf(response, cancellationToken).ConfigureAwait(false))
        {
            switch (item.EventType)
            {
                case "document":
                    yield return Parse<CollectionEvent.DocumentChanged>(item.Data);
                    break;
                case "reset":
                    yield return new CollectionEvent.Reset();
                    break;
            }
        }
    }

    private static string DocumentPath(string collection, Guid id) => Path("collections", collection, "documents", id.ToString("D"));

    private static void AddField(MultipartFormDataContent body, string name, string? value)
    {
        if (value is not null)
        {
            body.Add(new StringContent(value), name);
        }
    }

    private sealed record DeletedCount(int Deleted);
}
