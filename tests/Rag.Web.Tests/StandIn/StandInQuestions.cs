using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Rag.Web.Tests.StandIn;

/// <summary>Search and answers by the crudest of means: the paragraphs that share a long word with the question.</summary>
internal static class StandInQuestions
{
    private static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/collections/{name}/search", static async (string name, HttpContext context, StandInState state) =>
        {
            var query = await ReadAsync(context, "query");
            return Results.Json(new { query, mode = "lexical", stale = false, notice = (string?)null, evidence = Evidence(state, name, query), took = new { totalMs = 3.1, retrieveMs = 1.2, verifyMs = 0.8 } });
        });
        app.MapPost("/v1/collections/{name}/ask", AskAsync);
    }

    private static async Task<string> ReadAsync(HttpContext context, string field) =>
        (await JsonDocument.ParseAsync(context.Request.Body)).RootElement.GetProperty(field).GetString()!;

    private static async Task AskAsync(string name, HttpContext context, StandInState state)
    {
        var question = await ReadAsync(context, "question");
        var evidence = Evidence(state, name, question);
        context.Response.ContentType = "text/event-stream";
        try
        {
            await SendAsync(context, "evidence", new { evidence, mode = "lexical", stale = false, notice = (string?)null });
            if (evidence.Count == 0)
            {
                await SendAsync(context, "delta", new { text = "The documents of this collection do not say that." });
                await SendAsync(context, "done", new { found = false, model = state.ChatModel, usage = (object?)null });
                return;
            }

            var number = 0;
            foreach (var one in evidence.OrderByDescending(static x => x.Text.Contains(". ", StringComparison.Ordinal)).Take(2))
            {
                number++;
                var stop = one.Text.IndexOf(". ", StringComparison.Ordinal);
                var quote = stop < 0 ? one.Text : one.Text[..(stop + 1)];
                await SendAsync(context, "citation", new
                {
                    number, evidence = one.Number, one.DocumentId, one.Generation, one.ChunkId, one.DocumentName, one.Title, one.Page, one.Start, end = one.Start + quote.Length, quote,
                });
                await SendAsync(context, "delta", new { text = state.Answer ?? $"{quote} [{number}]\n\n" });
                if (state.HoldAnswer is { } hold)
                {
                    await hold.Task.WaitAsync(context.RequestAborted);
                }

                if (state.Answer is not null)
                {
                    break;
                }
            }

            await SendAsync(context, "done", new { found = true, model = state.ChatModel, usage = (object?)null });
        }
        catch (OperationCanceledException)
        {
            state.StreamCancelled.TrySetResult();
        }
    }

    private static async Task SendAsync(HttpContext context, string name, object data)
    {
        await context.Response.WriteAsync($"event: {name}\ndata: {JsonSerializer.Serialize(data, Json)}\n\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private static List<StandInEvidence> Evidence(StandInState state, string name, string query)
    {
        var words = query.Split([' ', '?', '.', ','], StringSplitOptions.RemoveEmptyEntries).Where(static x => x.Length > 4).ToArray();
        var found = new List<StandInEvidence>();
        foreach (var document in state.Collections[name].Documents.Values.Where(static x => x.Text is not null).OrderBy(static x => x.Name, StringComparer.Ordinal))
        {
            var start = 0;
            foreach (var paragraph in document.Text!.Split("\n\n"))
            {
                if (words.FirstOrDefault(x => paragraph.Contains(x, StringComparison.OrdinalIgnoreCase)) is { } word)
                {
                    var at = start + paragraph.IndexOf(word, StringComparison.OrdinalIgnoreCase);
                    found.Add(new StandInEvidence(
                        found.Count + 1, Guid.NewGuid(), document.Id, document.Generation ?? 1, document.Name, document.Title, document.Name, 0, start, start + paragraph.Length, paragraph,
                        ["Part one"], document.Pages is null ? null : 3, new { }, 0.9, new { lexical = 4.2, dense = (double?)null, fused = (double?)null, rerank = (double?)null },
                        [new { start = at, end = at + word.Length }]));
                }

                start += paragraph.Length + 2;
            }
        }

        return found;
    }

    private sealed record StandInEvidence(
        int Number, Guid ChunkId, Guid DocumentId, long Generation, string DocumentName, string? Title, string SourceId, int Ordinal, int Start, int End, string Text,
        string[] Headings, int? Page, object Metadata, double Score, object Scores, object[] Highlights);
}
