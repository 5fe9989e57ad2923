using System.Globalization;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Api.Http;
using Rag.Api.Limits;
using Rag.Core;
using Rag.Core.Documents;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Documents;

/// <summary>What happens to a collection's documents, as server-sent events.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this RouteGroupBuilder collections) => collections
        .MapGet("/{name}/events", FollowAsync)
        .Requires(Scope.Read)
        .WithTags("Documents")
        .WithName("FollowEvents")
        .WithSummary("Progress as server-sent events; Last-Event-ID or ?after= resumes")
        .Produces(StatusCodes.Status200OK, contentType: "text/event-stream");

    private static async Task FollowAsync(
        string name, long? after, HttpContext context, Caller caller, CollectionGate gate, DocumentEvents events,
        Authenticator authenticator, EventStreamLimit limit, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        var from = LastEventId(context.Request) ?? after;
        if (from < 0)
        {
            throw ProblemException.Field("after", "must be the sequence of an event: 0 or more.");
        }

        var collection = await gate.GetAsync(name, caller, context.RequestAborted);
        using var place = limit.Open(caller.KeyId);
        // Fixed before the answer begins, so that whatever is done after its headers is on the stream.
        from ??= await events.LatestAsync(collection.Id, context.RequestAborted);
        var (bearer, address) = (BearerMiddleware.BearerOf(context.Request), context.Connection.RemoteIpAddress);
        await using var stream = await EventStream.BeginAsync(context, async token => await authenticator.FindAsync(bearer, address, token) is not null, time, isLong: true);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stream.Aborted, lifetime.ApplicationStopping);
        try
        {
            await foreach (var item in events.FollowAsync(collection.Id, from, ended.Token))
            {
                await (item.IsReset
                    ? stream.WriteTextAsync("reset", "{}", ended.Token, item.Sequence)
                    : stream.WriteAsync("document", DataOf(item), ended.Token, item.Sequence));
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client has gone, lost its right, or we stop: it resumes where it was.
        }
        catch (RagException e) when (e.IsTransient)
        {
            // The database is away: ending the stream lets the client resume after its last event when it is back.
        }
    }

    private static DocumentEventData DataOf(DocumentEvent item) => new(
        item.Sequence, item.Document.Value, item.Name, item.Status, item.Stage, item.Progress, item.Problem, item.At);

    private static long? LastEventId(HttpRequest request)
    {
        if (request.Headers["Last-Event-ID"] is not [{ Length: > 0 } text])
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? sequence
            : throw ProblemException.Field("Last-Event-ID", "must be the sequence of an event: a whole number.");
    }
}
