using Microsoft.AspNetCore.Mvc;
using Rag.Client;
using Rag.Web.Components.Views;
using Rag.Web.Hosting;
using Rag.Web.Security;

namespace Rag.Web.Pages;

/// <summary>Failed work, of one collection or of all that the visitor may see, and the pause of the queue. Plain forms: no script is needed.</summary>
internal static class FailedPages
{
    private const int PageSize = 50;

    public static void MapFailed(this IEndpointRouteBuilder routes)
    {
        foreach (var prefix in (string[])["/failed", "/collections/{collection:slug}/failed"])
        {
            var pages = routes.MapGroup(prefix).WithMetadata(new NeedsVisitor()).RequireFormToken();
            pages.MapGet("", ShowAsync);
            pages.MapPost("{id:guid}/retry", RetryAsync);
            pages.MapPost("{id:guid}/discard", DiscardAsync);
            pages.MapPost("retry", RetryAllAsync);
            pages.MapPost("discard", DiscardAllAsync);
            pages.MapPost("pause", PauseAsync);
            pages.MapPost("resume", ResumeAsync);
        }
    }

    private static async Task<IResult> ShowAsync(
        [AsParameters] FailedPlace place, PageFrame frame, Visitor visitor, CancellationToken cancellationToken)
    {
        var collection = place.Collection is null ? null : visitor.Api.GetCollectionAsync(place.Collection, cancellationToken);
        var queue = visitor.Api.GetQueueAsync(cancellationToken);
        var jobs = visitor.Api.ListFailedJobsAsync(place.Collection, PageSize, place.Cursor, cancellationToken);
        await Task.WhenAll(collection ?? Task.CompletedTask, queue, jobs);
        return frame.Show<FailedView, FailedModel>(new FailedModel(
            collection is null ? null : await collection, QueueStanding.Of(await queue, place.Collection), await jobs, place, visitor.CanWrite, visitor.IsAdmin && (collection is not null || visitor.IsUnconfined)));
    }

    private static async Task<IResult> RetryAsync([AsParameters] FailedPlace place, Guid id, Visitor visitor, CancellationToken cancellationToken) =>
        place.Done(await IsThereAsync(visitor.Api.RetryJobAsync(id, cancellationToken)) ? "failed-retried" : "failed-gone");

    private static async Task<IResult> DiscardAsync([AsParameters] FailedPlace place, Guid id, Visitor visitor, CancellationToken cancellationToken) =>
        place.Done(await IsThereAsync(visitor.Api.DiscardJobAsync(id, cancellationToken)) ? "failed-discarded" : "failed-gone");

    private static async Task<IResult> RetryAllAsync([AsParameters] FailedPlace place, Visitor visitor, ApiClients clients)
    {
        // Not the request's token, and with the patience for what is many: whoever asked for it and leaves the page wants it done.
        await clients.ForRemovals(visitor.Session).RetryFailedJobsAsync(place.Collection, CancellationToken.None);
        return (place with { Cursor = null }).Done("failed-all-retried");
    }

    private static async Task<IResult> DiscardAllAsync(
        [AsParameters] FailedPlace place, HttpContext context, PageFrame frame, Visitor visitor, ApiClients clients, CancellationToken cancellationToken)
    {
        if (!await Confirmation.IsGivenAsync(context, cancellationToken))
        {
            return frame.Show<ConfirmView, ConfirmModel>(Confirmation.DiscardFailed(place.Base, place.Collection));
        }

        await clients.ForRemovals(visitor.Session).DiscardFailedJobsAsync(place.Collection, CancellationToken.None);
        return (place with { Cursor = null }).Done("failed-all-discarded");
    }

    private static async Task<IResult> PauseAsync([AsParameters] FailedPlace place, Visitor visitor, CancellationToken cancellationToken)
    {
        await visitor.Api.PauseQueueAsync(place.Collection, cancellationToken);
        return place.Done("queue-paused");
    }

    private static async Task<IResult> ResumeAsync([AsParameters] FailedPlace place, Visitor visitor, CancellationToken cancellationToken)
    {
        await visitor.Api.ResumeQueueAsync(place.Collection, cancellationToken);
        return place.Done("queue-resumed");
    }

    /// <summary>False when somebody else was faster, which leaves nothing to do.</summary>
    private static async Task<bool> IsThereAsync(Task act)
    {
        try
        {
            await act;
            return true;
        }
        catch (RagApiException e) when (e.Code == "job-not-found")
        {
            return false;
        }
    }
}

/// <summary>Which list: of one collection, or of all; and which page of it, so that whoever handles one job after another keeps the place.</summary>
/// <param name="Collection">Null: of all.</param>
/// <param name="Cursor">Null: the latest.</param>
public sealed record FailedPlace(string? Collection = null, [property: FromQuery(Name = "cursor")] string? Cursor = null)
{
    public string Base => Collection is null ? "/failed" : $"/collections/{Collection}/failed";

    /// <summary>The address of a form of this page.</summary>
    public string Form(string verb) => $"{Base}/{verb}{Query()}";

    /// <summary>The address of another page of the list.</summary>
    public string Page(string cursor) => Base + QueryString.Create("cursor", cursor);

    internal IResult Done(string code) => TypedResults.Redirect(Base + Query().Add("done", code));

    private QueryString Query() => Cursor is null ? QueryString.Empty : QueryString.Create("cursor", Cursor);
}

/// <summary>How the queue stands, as far as a page is about it.</summary>
/// <param name="Queued">Documents that wait.</param>
/// <param name="Running">Documents in work.</param>
/// <param name="Failed">Jobs on the list, also those of other pages.</param>
/// <param name="Oldest">How long the oldest of the waiting has waited.</param>
/// <param name="Paused">Since when what the page is about is paused by itself.</param>
/// <param name="WholePaused">On a collection's page: since when the whole queue is.</param>
/// <param name="PausedCollections">On the page of all: those paused by themselves.</param>
public sealed record QueueStanding(
    long Queued, long Running, long Failed, TimeSpan Oldest, DateTimeOffset? Paused, DateTimeOffset? WholePaused, IReadOnlyList<CollectionQueue> PausedCollections)
{
    public static QueueStanding Of(QueueState queue, string? collection)
    {
        ArgumentNullException.ThrowIfNull(queue);
        if (collection is null)
        {
            return new QueueStanding(
                queue.Queued, queue.Running, queue.Parked, TimeSpan.FromSeconds(queue.OldestAgeSeconds), queue.Paused, null, [.. queue.Collections.Where(static one => one.Paused is not null)]);
        }

        var one = queue.Collections.FirstOrDefault(one => one.Name == collection) ?? new CollectionQueue(collection, null, 0, 0, 0, 0);
        return new QueueStanding(one.Queued, one.Running, one.Parked, TimeSpan.FromSeconds(one.OldestAgeSeconds), one.Paused, queue.Paused, []);
    }
}

// Collection: null on the page of all. CanPause: what the page is about.
public sealed record FailedModel(Collection? Collection, QueueStanding Queue, Page<Job> Jobs, FailedPlace Place, bool CanWrite, bool CanPause);
