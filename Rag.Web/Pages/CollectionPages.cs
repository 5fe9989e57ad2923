using System.Net;
using Rag.Client;
using Rag.Web.Components.Views;
using Rag.Web.Hosting;
using Rag.Web.Relay;
using Rag.Web.Security;

namespace Rag.Web.Pages;

/// <summary>The overview of collections, and what is done to a collection as a whole.</summary>
internal static class CollectionPages
{
    private const int PageSize = 60;

    public static void MapCollections(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", static () => TypedResults.Redirect("/collections"));
        var pages = routes.MapGroup("/collections").WithMetadata(new NeedsVisitor()).RequireFormToken();
        pages.MapGet("", ShowAsync);
        pages.MapPost("", CreateAsync);
        pages.MapGet("{collection:slug}", OpenAsync);
        pages.MapPost("{collection:slug}/delete", DeleteAsync);
    }

    private static async Task<IResult> ShowAsync(PageFrame frame, Visitor visitor, string? cursor, CancellationToken cancellationToken) =>
        frame.Show<CollectionsView, CollectionsModel>(
            new CollectionsModel(await visitor.Api.ListCollectionsAsync(PageSize, cursor, cancellationToken), new NewCollection(), null));

    private static async Task<IResult> CreateAsync(HttpContext context, PageFrame frame, Visitor visitor, CancellationToken cancellationToken)
    {
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var draft = new NewCollection(form["name"].ToString().Trim(), form["description"].ToString().Trim(), form["language"].ToString());
        var problem = SlugConstraint.IsSlug(draft.Name)
            ? null
            : "A name has up to 63 lower-case letters, digits and hyphens, and begins with a letter or digit: for example staff-handbook.";
        if (problem is null)
        {
            try
            {
                await visitor.Api.CreateCollectionAsync(
                    new CreateCollection(draft.Name, draft.Description is "" ? null : draft.Description, draft.Language is "" ? null : draft.Language),
                    cancellationToken: cancellationToken);
                return TypedResults.Redirect($"/collections/{draft.Name}/documents?done=collection-created");
            }
            catch (RagApiException e) when (e.Status is HttpStatusCode.BadRequest or HttpStatusCode.Conflict)
            {
                problem = e.Message;
            }
        }

        var list = await visitor.Api.ListCollectionsAsync(PageSize, cursor: null, cancellationToken);
        return frame.Show<CollectionsView, CollectionsModel>(new CollectionsModel(list, draft, problem), StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> OpenAsync(string collection, Visitor visitor, CancellationToken cancellationToken)
    {
        // Whoever opens an empty collection wants to fill it.
        var found = await visitor.Api.GetCollectionAsync(collection, cancellationToken);
        return TypedResults.Redirect($"/collections/{collection}/{(found.Documents.Total == 0 ? "documents" : "ask")}");
    }

    private static async Task<IResult> DeleteAsync(
        string collection, HttpContext context, PageFrame frame, Visitor visitor, ApiClients clients, CancellationToken cancellationToken)
    {
        if (!await Confirmation.IsGivenAsync(context, cancellationToken))
        {
            var found = await visitor.Api.GetCollectionAsync(collection, cancellationToken);
            return frame.Show<ConfirmView, ConfirmModel>(Confirmation.DeleteCollection(found));
        }

        // Not the request's token: it may take minutes, and whoever confirmed it and closes the page, or whose proxy gives up, wants it done.
        await clients.ForRemovals(visitor.Session).DeleteCollectionAsync(collection, CancellationToken.None);
        return TypedResults.Redirect("/collections?done=collection-deleted");
    }
}

/// <param name="Collections">This page of the list.</param>
/// <param name="Draft">What the form for a new one holds.</param>
/// <param name="Problem">Why the draft was refused.</param>
public sealed record CollectionsModel(Page<Collection> Collections, NewCollection Draft, string? Problem);

/// <summary>What a person typed for a new collection.</summary>
public sealed record NewCollection(string Name = "", string Description = "", string Language = "");
