using Microsoft.AspNetCore.Http.HttpResults;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Api.Http;
using Rag.Core.Documents;
using Rag.Core.Jobs;

namespace Rag.Api.Jobs;

/// <summary>Routes of failed work and of a document's jobs. What a key may not see is, for it, not there.</summary>
internal static class JobEndpoints
{
    public static void MapJobs(this RouteGroupBuilder v1)
    {
        var group = v1.MapGroup("/jobs").WithTags("Jobs");
        group.MapGet("/failed", ListAsync).Requires(Scope.Read).WithName("ListFailedJobs").WithSummary("Jobs that failed for good, the last first");
        group.MapPost("/failed/retry", RetryAllAsync).Requires(Scope.Write).WithName("RetryFailedJobs").WithSummary("Queues all failed work again");
        group.MapPost("/failed/discard", DiscardAllAsync).Requires(Scope.Write).WithName("DiscardFailedJobs").WithSummary("Empties the list of failed work");
        group.MapPost("/{id}/retry", RetryAsync).Requires(Scope.Write).WithName("RetryJob").WithSummary("Queues the document of a failed job again");
        group.MapPost("/{id}/discard", DiscardAsync).Requires(Scope.Write).WithName("DiscardJob").WithSummary("Takes a failed job from the list; its document stays failed");
        v1.MapGet("/collections/{name}/documents/{id}/jobs", HistoryAsync).WithTags("Documents").Requires(Scope.Read)
            .WithName("ListDocumentJobs").WithSummary("What became of the document's jobs, newest first");
    }

    private static async Task<Ok<PageAnswer<JobAnswer>>> ListAsync(
        string? collection, int? limit, string? cursor, Caller caller, CollectionGate gate, FailedJobs jobs, CancellationToken cancellationToken)
    {
        var only = await ReachAsync(collection, caller, gate, cancellationToken);
        return Answer(await jobs.ListAsync(only, Paging.Limit(limit), cursor, cancellationToken));
    }

    private static async Task<Ok<PageAnswer<JobAnswer>>> HistoryAsync(
        string name, Guid id, int? limit, string? cursor, Caller caller, CollectionGate gate, FailedJobs jobs, CancellationToken cancellationToken)
    {
        var collection = await gate.GetAsync(name, caller, cancellationToken);
        return Answer(await jobs.HistoryAsync(collection.Id, new DocumentId(id), Paging.Limit(limit), cursor, cancellationToken));
    }

    private static async Task<Ok<RetriedAnswer>> RetryAllAsync(
        Body<AllFailedRequest> body, Caller caller, CollectionGate gate, FailedJobs jobs, CancellationToken cancellationToken) =>
        TypedResults.Ok(new RetriedAnswer(await jobs.RetryAllAsync(await ReachAsync(body.Value.Collection, caller, gate, cancellationToken), cancellationToken)));

    private static async Task<Ok<DiscardedAnswer>> DiscardAllAsync(
        Body<AllFailedRequest> body, Caller caller, CollectionGate gate, FailedJobs jobs, CancellationToken cancellationToken) =>
        TypedResults.Ok(new DiscardedAnswer(await jobs.DiscardAllAsync(await ReachAsync(body.Value.Collection, caller, gate, cancellationToken), cancellationToken)));

    private static async Task<NoContent> RetryAsync(Guid id, Caller caller, FailedJobs jobs, CancellationToken cancellationToken)
    {
        await jobs.RetryAsync(new JobId(id), caller.Reach(), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> DiscardAsync(Guid id, Caller caller, FailedJobs jobs, CancellationToken cancellationToken)
    {
        await jobs.DiscardAsync(new JobId(id), caller.Reach(), cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IReadOnlyCollection<CollectionId>?> ReachAsync(string? name, Caller caller, CollectionGate gate, CancellationToken cancellationToken) =>
        name is null ? caller.Reach() : [(await gate.GetAsync(name, caller, cancellationToken)).Id];

    private static Ok<PageAnswer<JobAnswer>> Answer(Page<JobRecord> page) =>
        TypedResults.Ok(new PageAnswer<JobAnswer>([.. page.Items.Select(JobAnswer.Of)], page.NextCursor));
}
