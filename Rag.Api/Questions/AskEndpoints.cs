using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Api.Http;
using Rag.Api.Idempotency;
using Rag.Core;
using Rag.Core.Answering;
using Rag.Core.Documents;
using Rag.Core.Retrieval;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Questions;

/// <summary>Answers: as a whole, or as a stream of events.</summary>
internal static class AskEndpoints
{
    private const int MaxTurns = 50;
    private const int MaxTurnLength = 20_000;

    public static void MapAsk(this RouteGroupBuilder collections) => collections
        .MapPost("/{name}/ask", AskAsync)
        .Requires(Scope.Read)
        .WithMetadata(new NotReplayed())
        .WithTags("Questions")
        .WithName("Ask")
        .WithSummary("An answer with checked citations; as events with 'Accept: text/event-stream'")
        .Produces<AskAnswer>(StatusCodes.Status200OK, "application/json", "text/event-stream");

    private static async Task AskAsync(
        string name, Body<AskRequest> body, HttpContext context, Caller caller, CollectionGate gate, AnsweringService answering, TimeProvider time)
    {
        var request = body.Value;
        var history = request.History ?? [];
        new Validation()
            .Require(!string.IsNullOrWhiteSpace(request.Question), "question", "must hold at least one word.")
            .Require(request.Question.Length <= SearchEndpoints.MaxQuery, "question", $"may have at most {SearchEndpoints.MaxQuery} characters.")
            .Require(history.Count <= MaxTurns, "history", $"may have at most {MaxTurns} turns; send the last ones.")
            .Require(history.All(static turn => turn.Content.Length <= MaxTurnLength), "history", $"may have at most {MaxTurnLength} characters per turn.")
            .ThrowIfAny();
        var collection = await gate.GetAsync(name, caller, context.RequestAborted);
        var question = QuestionOf(request, history, collection);

        if (WantsEvents(context.Request))
        {
            await StreamAsync(question, context, answering, time);
        }
        else
        {
            await context.Response.WriteAsJsonAsync(await WholeAsync(question, answering, context.RequestAborted), ApiJson.Options, context.RequestAborted);
        }
    }

    private static Question QuestionOf(AskRequest request, IReadOnlyList<TurnRequest> history, Collection collection) => new()
    {
        Collection = collection,
        Text = request.Question,
        Mode = request.Mode,
        Filter = FilterReader.Read(request.Filter),
        History = [.. history.Select(static turn => new Turn(turn.Role == TurnRole.User, turn.Content))],
    };

    private static async Task<AskAnswer> WholeAsync(Question question, AnsweringService answering, CancellationToken cancellationToken)
    {
        SearchResult? result = null;
        AnswerEvent.Done? done = null;
        var text = new StringBuilder();
        var citations = new List<CitationAnswer>();
        await foreach (var step in answering.AskAsync(question, cancellationToken))
        {
            switch (step)
            {
                case AnswerEvent.Found found:
                    result = found.Result;
                    break;
                case AnswerEvent.Cited cited:
                    citations.Add(CitationAnswer.Of(cited.Citation));
                    break;
                case AnswerEvent.Delta delta:
                    text.Append(delta.Text);
                    break;
                case AnswerEvent.Done end:
                    done = end;
                    break;
            }
        }

        if (result is null || done is null)
        {
            throw new InvalidOperationException("The answer ended without its first or last event.");
        }

        return new AskAnswer(
            question.Text, text.ToString(), done.AnswerFound, done.Model, citations, EvidenceAnswer.Of(result.Evidence), result.Stale, done.Notice ?? result.Notice, done.Usage);
    }

    /// <summary>The status is decided by the first event; what fails after it becomes an <c>error</c> event.</summary>
    private static async Task StreamAsync(Question question, HttpContext context, AnsweringService answering, TimeProvider time)
    {
        await using var steps = answering.AskAsync(question, context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        var more = await steps.MoveNextAsync();
        await using var stream = await EventStream.BeginAsync(context, mayGoOn: null, time, isLong: answering.UsesModel);
        try
        {
            while (more)
            {
                await WriteAsync(stream, steps.Current, context.RequestAborted);
                more = await steps.MoveNextAsync();
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The reader stopped listening; the model was told to stop by the same token.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The status is sent already, so the fault is told as an event, and by the log when it is ours.
            var problem = e is RagException rag && ProblemCatalog.StatusOf(rag.Code) is not null ? EngineProblems.Of(rag) : null;
            if (problem is null)
            {
                LogBroken(context, e);
                problem = new ProblemException("internal", "The answer broke off on the server's side. Ask again.");
            }

            // The server's span would else look well: the status was 200.
            context.Features.Get<IHttpActivityFeature>()?.Activity.SetStatus(ActivityStatusCode.Error, problem.Code).SetTag("error.type", problem.Code);
            await stream.WriteTextAsync("error", ProblemWriter.ToJson(ProblemWriter.BodyOf(context, problem)), context.RequestAborted);
        }
    }

    private static Task WriteAsync(EventStream stream, AnswerEvent step, CancellationToken cancellationToken) => step switch
    {
        AnswerEvent.Found { Result: var found } => stream.WriteAsync(
            "evidence", new EvidenceEventData(EvidenceAnswer.Of(found.Evidence), found.Mode, found.Stale, found.Notice), cancellationToken),
        AnswerEvent.Cited cited => stream.WriteAsync("citation", CitationAnswer.Of(cited.Citation), cancellationToken),
        AnswerEvent.Delta delta => stream.WriteAsync("delta", new DeltaEventData(delta.Text), cancellationToken),
        AnswerEvent.Done done => stream.WriteAsync("done", new DoneEventData(done.AnswerFound, done.Model, done.Usage, done.Notice), cancellationToken),
        _ => throw new InvalidOperationException($"An answer has no step '{step.GetType().Name}'."),
    };

    private static bool WantsEvents(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(static accept => accept.MediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase));

    private static void LogBroken(HttpContext context, Exception exception) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(AskEndpoints))
            .LogError(exception, "An answer broke off after it had begun");
}
