using Microsoft.AspNetCore.Http.HttpResults;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Core.Jobs;

namespace Rag.Api.Jobs;

/// <summary>Routes of the queue itself: how it stands, pause and resume. Each answers with how it stands then.</summary>
internal static class QueueEndpoints
{
    public static void MapQueue(this RouteGroupBuilder v1)
    {
        v1.MapGet("/queue", GetAsync).WithTags("Queue").Requires(Scope.Read).WithName("GetQueue").WithSummary("What waits, runs and has failed, and what is paused");
        v1.MapPost("/queue/pause", PauseAsync).WithTags("Queue").Requires(Scope.Admin).WithName("PauseQueue").WithSummary("Nothing is begun any more; what runs finishes");
        v1.MapPost("/queue/resume", ResumeAsync).WithTags("Queue").Requires(Scope.Admin).WithName("ResumeQueue").WithSummary("Work goes on");
        var collection = v1.MapGroup("/collections/{name}/queue").WithTags("Queue");
        collection.MapPost("/pause", PauseCollectionAsync).Requires(Scope.Admin).WithName("PauseCollectionQueue").WithSummary("Nothing of this collection is begun any more");
        collection.MapPost("/resume", ResumeCollectionAsync).Requires(Scope.Admin).WithName("ResumeCollectionQueue").WithSummary("Work on this collection goes on");
    }

    private static Task<Ok<QueueAnswer>> GetAsync(Caller caller, QueueControl queue, CancellationToken cancellationToken) =>
        AnswerAsync(caller, queue, cancellationToken);

    private static async Task<Ok<QueueAnswer>> PauseAsync(Caller caller, QueueControl queue, CancellationToken cancellationToken)
    {
        caller.MustBeUnconfined("pause the whole queue");
        await queue.PauseAsync(null, cancellationToken);
        return await AnswerAsync(caller, queue, cancellationToken);
    }

    private static async Task<Ok<QueueAnswer>> ResumeAsync(Caller caller, QueueControl queue, CancellationToken cancellationToken)
    {
        caller.MustBeUnconfined("resume the whole queue");
        await queue.ResumeAsync(null, cancellationToken);
        return await AnswerAsync(caller, queue, cancellationToken);
    }

    private static async Task<Ok<QueueAnswer>> PauseCollectionAsync(
        string name, Caller caller, CollectionGate gate, QueueControl queue, CancellationToken cancellationToken)
    {
        await queue.PauseAsync((await gate.GetAsync(name, caller, cancellationToken)).Id, cancellationToken);
        return await AnswerAsync(caller, queue, cancellationToken);
    }

    private static async Task<Ok<QueueAnswer>> ResumeCollectionAsync(
        string name, Caller caller, CollectionGate gate, QueueControl queue, CancellationToken cancellationToken)
    {
        await queue.ResumeAsync((await gate.GetAsync(name, caller, cancellationToken)).Id, cancellationToken);
        return await AnswerAsync(caller, queue, cancellationToken);
    }

    private static async Task<Ok<QueueAnswer>> AnswerAsync(Caller caller, QueueControl queue, CancellationToken cancellationToken) =>
        TypedResults.Ok(QueueAnswer.Of(await queue.GetAsync(caller.Reach(), cancellationToken)));
}
