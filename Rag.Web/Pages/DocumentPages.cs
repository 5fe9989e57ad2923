using Rag.Client;
using Rag.Web.Components.Views;
using Rag.Web.Hosting;
using Rag.Web.Security;
using Rag.Web.Sources;

namespace Rag.Web.Pages;

/// <summary>The documents of a collection, and one document's text.</summary>
internal static class DocumentPages
{
    private const int PageSize = 50;
    private const int PageReach = 15_000;
    private const int JobsShown = 20;
    private const int PanelReach = 4_000;

    public static void MapDocuments(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/collections/{collection:slug}/documents").WithMetadata(new NeedsVisitor()).RequireFormToken();
        pages.MapGet("", ListAsync);
        pages.MapGet("{id:guid}", ReadAsync);
        pages.MapPost("{id:guid}/delete", DeleteAsync);
        pages.MapPost("{id:guid}/retry", RetryAsync);
        routes.MapGet("/app/collections/{collection:slug}/documents/{id:guid}/passage", PassageAsync);
    }

    private static async Task<IResult> ListAsync(
        string collection, string? status, string? q, string? cursor, PageFrame frame, Visitor visitor, CancellationToken cancellationToken)
    {
        var filter = StatusOf(status);
        var text = string.IsNullOrWhiteSpace(q) ? null : q.Trim();
        var found = visitor.Api.GetCollectionAsync(collection, cancellationToken);
        var list = visitor.Api.ListDocumentsAsync(collection, new DocumentQuery(filter, text, PageSize, cursor), cancellationToken);
        var queue = visitor.Api.GetQueueAsync(cancellationToken);
        await Task.WhenAll(found, list, queue);
        return frame.Show<DocumentsView, DocumentsModel>(
            new DocumentsModel(await found, QueueStanding.Of(await queue, collection), await list, filter, text, cursor, visitor.CanWrite));
    }

    private static async Task<IResult> ReadAsync(
        string collection,
        Guid id,
        [AsParameters] SourceRequest request,
        PageFrame frame,
        Visitor visitor,
        CancellationToken cancellationToken)
    {
        var found = await visitor.Api.GetCollectionAsync(collection, cancellationToken);
        var view = await SourceReader.ReadAsync(visitor.Api, collection, id, request, PageReach, cancellationToken);
        var jobs = await visitor.Api.ListDocumentJobsAsync(collection, id, JobsShown, cancellationToken: cancellationToken);
        return frame.Show<SourceTextView, SourceModel>(new SourceModel(found, view, request, 2 * PageReach, jobs.Items, visitor.CanWrite));
    }

    private static async Task<IResult> PassageAsync(
        string collection,
        Guid id,
        [AsParameters] SourceRequest request,
        HttpContext context,
        ApiClients clients,
        CancellationToken cancellationToken)
    {
        if (WebCookies.Session(context.Request) is not { } session)
        {
            return TypedResults.Problem("Sign in and try again.", statusCode: 401, title: "Not signed in", type: Problems.TypeOf("key-missing"));
        }

        try
        {
            var view = await SourceReader.ReadAsync(clients.For(session), collection, id, request, PanelReach, cancellationToken);
            return TypedResults.Json(new
            {
                name = view.Document.Name,
                title = view.Document.Title,
                page = view.Place?.Page,
                headings = view.Place?.Headings ?? [],
                changed = view.Changed,
                before = view.Window?.From > 0,
                after = view.Window?.To < view.Window?.Length,
                paragraphs = view.Window?.Paragraphs ?? [],
            });
        }
        catch (RagApiException e)
        {
            var status = e.Code == RagApiException.Unreachable ? StatusCodes.Status503ServiceUnavailable : (int)e.Status;
            var type = e.Code == RagApiException.Unreachable ? Problems.TypeOf(e.Code) : e.Problem.Type;
            return TypedResults.Problem(e.Problem.Detail, statusCode: status, title: e.Problem.Title, type: type);
        }
    }

    private static async Task<IResult> DeleteAsync(
        string collection, Guid id, HttpContext context, PageFrame frame, Visitor visitor, ApiClients clients, CancellationToken cancellationToken)
    {
        if (!await Confirmation.IsGivenAsync(context, cancellationToken))
        {
            var document = await visitor.Api.GetDocumentAsync(collection, id, cancellationToken);
            return frame.Show<ConfirmView, ConfirmModel>(Confirmation.DeleteDocument(collection, id, document.Name));
        }

        await clients.ForRemovals(visitor.Session).DeleteDocumentAsync(collection, id, CancellationToken.None);
        return TypedResults.Redirect($"/collections/{collection}/documents?done=document-deleted");
    }

    private static DocumentStatus? StatusOf(string? text) =>
        Enum.TryParse<DocumentStatus>(text, ignoreCase: true, out var status) && Enum.IsDefined(status) && status != DocumentStatus.Deleted ? status : null;

    private static async Task<IResult> RetryAsync(string collection, Guid id, Visitor visitor, CancellationToken cancellationToken)
    {
        try
        {
            await visitor.Api.ReprocessDocumentAsync(collection, id, cancellationToken);
        }
        catch (RagApiException e) when (e.Code == "document-busy")
        {
            // The second click, or somebody else's: it is being processed, which is what was asked for.
        }

        return TypedResults.Redirect($"/collections/{collection}/documents?done=document-retried");
    }
}

// Cursor: of this page; null on the first.
public sealed record DocumentsModel(Collection Collection, QueueStanding Queue, Page<Document> Documents, DocumentStatus? Status, string? Text, string? Cursor, bool CanWrite)
{
    public bool IsFiltered => Status is not null || Text is not null;

    /// <summary>The address of this list with another status, or further on.</summary>
    public string Link(DocumentStatus? status, string? cursor = null)
    {
        var query = QueryString.Empty;
        if (status is not null)
        {
            query = query.Add("status", status.Value.ToString().ToLowerInvariant());
        }

        if (Text is not null)
        {
            query = query.Add("q", Text);
        }

        if (cursor is not null)
        {
            query = query.Add("cursor", cursor);
        }

        return $"/collections/{Collection.Name}/documents{query}";
    }
}

// Stride: code units from one shown stretch to the next. Jobs: the newest first.
public sealed record SourceModel(
    Collection Collection, SourceView View, SourceRequest Request, int Stride, IReadOnlyList<Job> Jobs, bool CanWrite)
{
    /// <summary>The address of another stretch of the same text.</summary>
    public string Link(int from)
    {
        var query = QueryString.Create("from", Formats.Number(from));
        if (View.Passage is { } passage)
        {
            query = query.Add("start", Formats.Number(passage.Start)).Add("end", Formats.Number(passage.End));
        }

        if (Request.Generation is { } generation && !View.Changed)
        {
            query = query.Add("generation", Formats.Number(generation));
        }

        return $"/collections/{Collection.Name}/documents/{View.Document.Id:D}{query}";
    }
}
