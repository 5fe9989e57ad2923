using Microsoft.AspNetCore.Http;

namespace Rag.Client.Tests;

public sealed class StreamTests
{
    private const string Evidence = "event: evidence\ndata: {\"evidence\":[],\"mode\":\"lexical\",\"stale\":true,\"notice\":\"n\"}\n\n";
    private const string Done = "event: done\ndata: {\"found\":true,\"model\":\"extractive\",\"usage\":{\"inputTokens\":3,\"outputTokens\":4}}\n\n";

    [Fact]
    public async Task An_answer_comes_step_by_step()
    {
        await using var api = await StreamingAsync(
            ": open\n\n" + Evidence
            + "event: citation\ndata: {\"number\":1,\"evidence\":2,\"documentId\":\"0193f7a0-0000-7000-8000-000000000000\",\"generation\":5,\"chunkId\":\"0193f7a0-0000-7000-8000-000000000001\",\"documentName\":\"a\",\"title\":null,\"page\":null,\"start\":0,\"end\":1,\"quote\":\"q\"}\n\n"
            + ":\n\n"
            + "event: delta\ndata: {\"text\":\"Über [1]\"}\n\n"
            + "event: novelty\ndata: {}\n\n" + Done);

        var steps = await CollectAsync(api.Client().AskStreamAsync("c", new AskRequest("q")));

        Assert.Equal(SearchMode.Lexical, Assert.IsType<AskEvent.Found>(steps[0]).Mode);
        Assert.True(((AskEvent.Found)steps[0]).Stale);
        Assert.Equal("q", Assert.IsType<AskEvent.Cited>(steps[1]).Citation.Quote);
        Assert.Equal("Über [1]", Assert.IsType<AskEvent.Delta>(steps[2]).Text);
        Assert.Equal(new AskEvent.Done(true, "extractive", new TokenUsage(3, 4)), steps[3]);
        Assert.Equal(4, steps.Count);
    }

    [Fact]
    public async Task A_failure_on_the_way_throws_after_what_came_before()
    {
        await using var api = await StreamingAsync(
            Evidence + "event: error\ndata: {\"type\":\"https://ragplatform.dev/problems/model-away\",\"status\":503,\"detail\":\"The model is away.\"}\n\n");
        var steps = new List<AskEvent>();

        var failure = await Assert.ThrowsAsync<RagApiException>(async () =>
        {
            await foreach (var step in api.Client().AskStreamAsync("c", new AskRequest("q")))
            {
                steps.Add(step);
            }
        });

        Assert.Equal("model-away", failure.Code);
        Assert.Single(steps);
    }

    [Fact]
    public async Task An_answer_that_ends_without_its_last_event_is_broken_and_not_finished()
    {
        await using var api = await StreamingAsync(Evidence);

        var failure = await Assert.ThrowsAsync<RagApiException>(() => CollectAsync(api.Client().AskStreamAsync("c", new AskRequest("q"))));

        Assert.Equal("answer-broken", failure.Code);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_told_as_such()
    {
        await using var api = await ScriptedApi.StartAsync(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Evidence);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        var failure = await Assert.ThrowsAsync<RagApiException>(() => CollectAsync(api.Client().AskStreamAsync("c", new AskRequest("q"))));

        Assert.Equal(RagApiException.Unreachable, failure.Code);
    }

    [Fact]
    public async Task A_refusal_before_the_stream_is_a_problem()
    {
        await using var api = await ScriptedApi.AnsweringAsync("""{"type":"x/collection-not-found","status":404,"detail":"None."}""", 404, "application/problem+json");

        var failure = await Assert.ThrowsAsync<RagApiException>(() => CollectAsync(api.Client().AskStreamAsync("c", new AskRequest("q"))));

        Assert.Equal("collection-not-found", failure.Code);
    }

    [Fact]
    public async Task Events_are_read_with_their_sequence_and_resets()
    {
        await using var api = await StreamingAsync(
            "event: reset\ndata: {}\n\n"
            + "id: 7\nevent: document\ndata: {\"seq\":7,\"documentId\":\"0193f7a0-0000-7000-8000-000000000000\",\"name\":\"a\",\"status\":\"deleted\",\"stage\":null,\"progress\":0,\"problem\":null,\"at\":\"2026-01-02T03:04:05Z\"}\n\n");

        var events = new List<CollectionEvent>();
        await foreach (var item in api.Client().FollowEventsAsync("c", after: 6))
        {
            events.Add(item);
        }

        Assert.IsType<CollectionEvent.Reset>(events[0]);
        var changed = Assert.IsType<CollectionEvent.DocumentChanged>(events[1]);
        Assert.Equal((7L, DocumentStatus.Deleted), (changed.Seq, changed.Status));
        Assert.Equal("/v1/collections/c/events?after=6", api.Requests.Single().PathAndQuery);
    }

    private static Task<ScriptedApi> StreamingAsync(string text) => ScriptedApi.AnsweringAsync(text, contentType: "text/event-stream");

    private static async Task<List<AskEvent>> CollectAsync(IAsyncEnumerable<AskEvent> steps)
    {
        var list = new List<AskEvent>();
        await foreach (var step in steps)
        {
            list.Add(step);
        }

        return list;
    }
}
