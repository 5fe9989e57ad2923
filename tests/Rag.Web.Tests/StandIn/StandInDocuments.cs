using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Rag.Web.Tests.StandIn;

/// <summary>Documents, and a pretended worker: a text that holds "(fails once)" fails at its first attempt.</summary>
internal static class StandInDocuments
{
    private static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    public static void Map(IEndpointRouteBuilder app)
    {
        const string all = "/v1/collections/{name}/documents";
        app.MapGet(all, static (string name, string? status, string? q, int? limit, string? cursor, StandInState state) => StandInCollections.Find(state, name, collection =>
        {
            var skip = cursor is null ? 0 : int.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture);
            var found = collection.Documents.Values
                .Where(x => (status is null || x.Status == status) && (q is null || $"{x.Name} {x.Title}".Contains(q, StringComparison.OrdinalIgnoreCase)))
                .OrderByDescending(static x => x.Created).Skip(skip).ToList();
            var size = limit ?? 50;
            return Results.Json(new { items = found.Take(size).Select(x => x.Shape(name)), nextCursor = found.Count > size ? $"{skip + size}" : null });
        }));
        app.MapPost(all, UploadAsync);
        app.MapGet(all + "/{id:guid}", static (string name, Guid id, StandInState state) => Find(state, name, id, x => Results.Json(x.Shape(name))));
        app.MapDelete(all + "/{id:guid}", static (string name, Guid id, StandInState state) => StandInCollections.Find(state, name, collection =>
        {
            if (collection.Documents.TryRemove(id, out var document))
            {
                state.Publish(collection, document, "deleted");
            }

            return Results.NoContent();
        }));
        app.MapPost(all + "/{id:guid}/reprocess", static (string name, Guid id, StandInState state) => Find(state, name, id, document =>
        {
            Requeue(state, state.Collections[name], document);
            return Results.Json(document.Shape(name), statusCode: 202);
        }));
        app.MapGet(all + "/{id:guid}/content", static (string name, Guid id, StandInState state) =>
            Find(state, name, id, static x => Results.File(x.Original, x.MediaType, x.Name, enableRangeProcessing: true)));
        app.MapGet(all + "/{id:guid}/text", static (string name, Guid id, long? generation, int? start, int? end, StandInState state) => Find(state, name, id, x =>
            x.Text is null || (generation is not null && generation != x.Generation)
                ? StandInAccess.ProblemResult(404, "document-not-found", "There is no such text.")
                : Results.Json(Stretch(id, x, Math.Min(start ?? 0, x.Text.Length), Math.Min(end ?? int.MaxValue, x.Text.Length)))));
        app.MapGet(all + "/{id:guid}/chunks", static (string name, Guid id, StandInState state) => Find(state, name, id, static x => Results.Json(new
        {
            items = new[] { new { id = Guid.NewGuid(), ordinal = 0, start = 0, end = x.Text!.Length, text = x.Text, headings = new[] { "Part one", "Leave" }, page = 3, tokens = 100, kind = "text" } },
            nextCursor = (string?)null,
        })));
        app.MapGet("/v1/collections/{name}/events", EventsAsync);
    }

    /// <summary>The document is processed again.</summary>
    public static void Requeue(StandInState state, StandInCollection collection, StandInDocument document)
    {
        document.Status = "queued";
        document.Problem = null;
        document.JobId = Guid.CreateVersion7();
        document.Discarded = false;
        state.Publish(collection, document);
        _ = ProcessAsync(state, collection, document);
    }

    // It cuts where it is told: texts here have no character that could be cut in two.
    private static object Stretch(Guid id, StandInDocument document, int start, int end) =>
        new { documentId = id, generation = document.Generation, text = document.Text![start..end], length = document.Text.Length, start };

    private static IResult Find(StandInState state, string name, Guid id, Func<StandInDocument, IResult> then) =>
        StandInCollections.Find(state, name, collection => collection.Documents.TryGetValue(id, out var document)
            ? then(document)
            : StandInAccess.ProblemResult(404, "document-not-found", "There is no such document in this collection."));

    private static async Task<IResult> UploadAsync(string name, HttpContext context, StandInState state)
    {
        if (!state.Collections.TryGetValue(name, out var collection))
        {
            return StandInCollections.Missing(name);
        }

        IFormCollection form;
        try
        {
            form = await context.Request.ReadFormAsync();
        }
        catch (Exception e) when (e is IOException or BadHttpRequestException)
        {
            state.UploadBroken.TrySetResult();
            return Results.BadRequest();
        }

        var items = new List<object>();
        foreach (var file in form.Files)
        {
            await using var buffer = new MemoryStream();
            await file.CopyToAsync(buffer);
            var bytes = buffer.ToArray();
            if (bytes.Length == 0)
            {
                return Results.Json(new { items = new[] { new { name = file.FileName, status = "rejected", id = (Guid?)null, problem = new StandInProblem("empty-file", "The file is empty.") } } }, statusCode: 422);
            }

            if (collection.Documents.Values.FirstOrDefault(x => SHA256.HashData(x.Original).AsSpan().SequenceEqual(SHA256.HashData(bytes))) is { } same)
            {
                items.Add(new { name = file.FileName, status = "unchanged", id = same.Id, problem = (object?)null });
                continue;
            }

            var document = new StandInDocument { Name = file.FileName, SourceId = form["sourceId"], Original = bytes };
            collection.Documents[document.Id] = document;
            state.Publish(collection, document);
            _ = ProcessAsync(state, collection, document);
            items.Add(new { name = file.FileName, status = "queued", id = document.Id, problem = (object?)null });
        }

        return Results.Json(new { items }, statusCode: 202);
    }

    private static async Task ProcessAsync(StandInState state, StandInCollection collection, StandInDocument document)
    {
        document.Attempts++;
        document.Status = "processing";
        document.Stage = "extracting";
        document.Progress = 40;
        state.Publish(collection, document);
        if (state.HoldProcessing is { } hold)
        {
            await hold.Task;
        }

        var text = Encoding.UTF8.GetString(document.Original).ReplaceLineEndings("\n");
        if (text.Contains("(fails once)", StringComparison.Ordinal) && document.Attempts == 1)
        {
            document.Status = "failed";
            document.Problem = new StandInProblem("corrupt-file", "The file ends in the middle of a page. Export it again and add it once more.");
        }
        else
        {
            document.Text = text;
            document.Generation = document.Attempts;
            document.Status = "ready";
            document.Progress = 100;
            document.Problem = null;
        }

        document.Stage = null;
        state.Publish(collection, document);
    }

    private static async Task EventsAsync(string name, HttpContext context, StandInState state)
    {
        if (!state.Collections.ContainsKey(name))
        {
            await StandInCollections.Missing(name).ExecuteAsync(context);
            return;
        }

        var cancelled = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, state.Stopped).Token;
        context.Response.ContentType = "text/event-stream";
        var seq = long.TryParse(context.Request.Headers["Last-Event-ID"], out var last) ? last : state.LastSeq;
        await context.Response.Body.FlushAsync(cancelled);
        try
        {
            // Ends with its collection, at the next event of any.
            while (state.Collections.ContainsKey(name))
            {
                var (events, changed) = state.EventsAfter(seq);
                foreach (var one in events.Where(x => x.Collection == name))
                {
                    await context.Response.WriteAsync($"id: {one.Seq}\nevent: document\ndata: {JsonSerializer.Serialize(one, Json)}\n\n", cancelled);
                }

                seq = events.Count > 0 ? events[^1].Seq : seq;
                await context.Response.Body.FlushAsync(cancelled);
                await changed.WaitAsync(cancelled);
            }
        }
        catch (OperationCanceledException)
        {
            state.StreamCancelled.TrySetResult();
        }
    }
}
