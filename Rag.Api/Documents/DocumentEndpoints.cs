using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Api.Http;
using Rag.Core;
using Rag.Core.Documents;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Documents;

/// <summary>Routes of documents, but for those that bring them in (<see cref="SubmitEndpoints"/>).</summary>
internal static class DocumentEndpoints
{
    private const int MostDeletedAtOnce = 200;

    // The framework takes names in a query only as the program writes them, and everything else here writes them in lower case.
    private static readonly OrderedDictionary<string, DocumentStatus> Statuses = new(
        Enum.GetValues<DocumentStatus>().Select(static status => KeyValuePair.Create(JsonNamingPolicy.CamelCase.ConvertName(status.ToString()), status)),
        StringComparer.OrdinalIgnoreCase);

    public static void MapDocuments(this RouteGroupBuilder collections)
    {
        var group = collections.MapGroup("/{name}/documents").WithTags("Documents");
        group.MapGet("", ListAsync).Requires(Scope.Read).WithName("ListDocuments").WithSummary("Documents, newest first")
            .AddOpenApiOperationTransformer(ListDescription.DescribeStatusAsync);
        group.MapGet("/{id}", GetAsync).Requires(Scope.Read).WithName("GetDocument").WithSummary("One document and where it stands");
        group.MapPatch("/{id}", PatchAsync).Requires(Scope.Write).WithName("UpdateDocument").WithSummary("Changes title or metadata");
        group.MapDelete("/{id}", DeleteAsync).Requires(Scope.Write).WithName("DeleteDocument").WithSummary("Removes it; succeeds also when it is gone");
        group.MapPost("/delete", DeleteManyAsync).Requires(Scope.Write).WithName("DeleteDocuments").WithSummary("Removes up to 200 documents");
        group.MapPost("/{id}/reprocess", ReprocessAsync).Requires(Scope.Write).WithName("ReprocessDocument").WithSummary("Processes it again; also the retry of a failed one");
        group.MapGet("/{id}/content", ContentAsync).Requires(Scope.Read).WithName("GetDocumentContent").WithSummary("The original")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream");
        group.MapGet("/{id}/text", TextAsync).Requires(Scope.Read).WithName("GetDocumentText").WithSummary("The extracted text that offsets point into");
        group.MapGet("/{id}/chunks", ChunksAsync).Requires(Scope.Read).WithName("ListChunks").WithSummary("Its chunks by ordinal");
    }

    private static async Task<Ok<PageAnswer<DocumentAnswer>>> ListAsync(
        string name, string? status, string? q, int? limit, string? cursor,
        Caller caller, CollectionGate gate, DocumentService documents, CancellationToken cancellationToken)
    {
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        var page = await documents.ListAsync(
            collection.Id, new DocumentQuery { Status = StatusOf(status), Text = q, Limit = Paging.Limit(limit), Cursor = cursor }, cancellationToken);
        return TypedResults.Ok(new PageAnswer<DocumentAnswer>([.. page.Items.Select(document => DocumentAnswer.Of(document, collection))], page.NextCursor));
    }

    private static DocumentStatus? StatusOf(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : Statuses.TryGetValue(text, out var status) ? status
        : throw ProblemException.Field("status", $"must be one of {string.Join(", ", Statuses.Keys)}.");

    private static async Task<Ok<DocumentAnswer>> GetAsync(
        string name, Guid id, Caller caller, CollectionGate gate, DocumentService documents, CancellationToken cancellationToken)
    {
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        return TypedResults.Ok(DocumentAnswer.Of(await documents.GetAsync(collection.Id, new DocumentId(id), cancellationToken), collection));
    }

    private static async Task<Ok<DocumentAnswer>> PatchAsync(
        string name, Guid id, Body<UpdateDocumentRequest> body, Caller caller, CollectionGate gate, DocumentService documents, CancellationToken cancellationToken)
    {
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        var patch = new DocumentPatch { Title = body.Value.Title, Metadata = body.Value.Metadata };
        return TypedResults.Ok(DocumentAnswer.Of(await documents.PatchAsync(collection.Id, new DocumentId(id), patch, cancellationToken), collection));
    }

    private static async Task<NoContent> DeleteAsync(
        string name, Guid id, Caller caller, CollectionGate gate, DocumentService documents, CancellationToken cancellationToken)
    {
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        await documents.DeleteAsync(collection.Id, new DocumentId(id), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<DeletedAnswer>> DeleteManyAsync(
        string name, Body<DeleteDocumentsRequest> body, Caller caller, CollectionGate gate, DocumentService documents, CancellationToken cancellationToken)
    {
        var ids = body.Value.Ids;
        new Validation()
            .Require(ids.Count is >= 1 and <= MostDeletedAtOnce, "ids", $"must name 1 to {MostDeletedAtOnce} documents, but names {ids.Count}.")
            .ThrowIfAny();
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        var deleted = await documents.DeleteManyAsync(collection.Id, [.. ids.Distinct().Select(static id => new DocumentId(id))], cancellationToken);
        return TypedResults.Ok(new DeletedAnswer(deleted));
    }

    private static async Task<Accepted<DocumentAnswer>> ReprocessAsync(
        string name, Guid id, Caller caller, CollectionGate gate, DocumentService documents, CancellationToken cancellationToken)
    {
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        return TypedResults.Accepted(
            (string?)null, DocumentAnswer.Of(await documents.ReprocessAsync(collection.Id, new DocumentId(id), cancellationToken), collection));
    }

    /// <summary>Always a download, never rendered: what a stranger wrote must not run in the reader's name.</summary>
    private static async Task<FileStreamHttpResult> ContentAsync(
        string name, Guid id, HttpContext context, Caller caller, CollectionGate gate, DocumentService documents, CancellationToken cancellationToken)
    {
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        var original = await documents.OpenOriginalAsync(collection.Id, new DocumentId(id), cancellationToken);
        context.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        var mediaType = MediaTypeHeaderValue.TryParse(original.Document.MediaType, out _) ? original.Document.MediaType : "application/octet-stream";
        return TypedResults.Stream(
            original.Content,
            mediaType,
            original.Document.Name,
            entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(original.Document.Sha256.Span)}\""),
            enableRangeProcessing: true);
    }

    private static async Task<Ok<TextAnswer>> TextAsync(
        string name,
        Guid id,
        long? generation,
        int? start,
        int? end,
        Caller caller,
        CollectionGate gate,
        DocumentService documents,
        CancellationToken cancellationToken)
    {
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        var (from, to) = SpanOf(start, end);
        var text = await documents.GetTextAsync(collection.Id, new DocumentId(id), generation, from, to, cancellationToken)
            ?? throw new RagException("document-not-found", generation is null
                ? "The document has no text yet: it is not processed. Follow its status and ask again."
                : $"The document has no generation {generation} any more. Ask without 'generation' for the one that is searched now.");
        return TypedResults.Ok(new TextAnswer(text.Document.Value, text.Generation, text.Text, text.Length, text.Start));
    }

    private static (int From, int To) SpanOf(int? start, int? end)
    {
        if (start < 0)
        {
            throw ProblemException.Field("start", $"must be 0 or more, but is {start}.");
        }

        return end < (start ?? 0)
            ? throw ProblemException.Field("end", $"must be at least 'start' ({start ?? 0}), but is {end}.")
            : (start ?? 0, end ?? int.MaxValue);
    }

    private static async Task<Ok<PageAnswer<ChunkAnswer>>> ChunksAsync(
        string name,
        Guid id,
        int? limit,
        string? cursor,
        int? at,
        Caller caller,
        CollectionGate gate,
        DocumentService documents,
        CancellationToken cancellationToken)
    {
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        var page = await documents.ListChunksAsync(collection.Id, new DocumentId(id), Paging.Limit(limit), cursor, at, cancellationToken);
        return TypedResults.Ok(new PageAnswer<ChunkAnswer>(
            [.. page.Items.Select(static chunk => new ChunkAnswer(
                chunk.Id.Value, chunk.Ordinal, chunk.Start, chunk.End, chunk.Text, chunk.Headings, chunk.Page, chunk.Tokens, chunk.Kind))],
            page.NextCursor));
    }
}
