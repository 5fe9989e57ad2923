using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rag.Api.Http;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Testing;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Tests;

[Collection(Postgres.Name)]
public sealed class EventTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly string _collection = $"c{Guid.NewGuid():N}"[..20];

    private ApiHost Api => fixture.Api;

    public Task InitializeAsync() => Api.Client().CreateCollectionAsync(new CreateCollection(_collection));

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_stream_from_the_start_tells_what_happened_in_order()
    {
        var client = Api.Client();
        var kept = (await client.AddTextAsync(_collection, new TextDocument("One."))).Items[0].Id!.Value;
        var gone = (await client.AddTextAsync(_collection, new TextDocument("Two."))).Items[0].Id!.Value;
        await client.DeleteDocumentAsync(_collection, gone);

        var events = await TakeAsync(client, after: 0, count: 3);

        Assert.Equal([1L, 2, 3], events.Select(static item => item.Seq));
        Assert.Equal([kept, gone, gone], events.Select(static item => item.DocumentId));
        Assert.Equal([DocumentStatus.Queued, DocumentStatus.Queued, DocumentStatus.Deleted], events.Select(static item => item.Status));
    }

    [Fact]
    public async Task A_stream_resumes_after_the_last_event_seen()
    {
        var client = Api.Client();
        for (var i = 0; i < 4; i++)
        {
            await client.AddTextAsync(_collection, new TextDocument($"Text {i}."));
        }

        Assert.Equal([3L, 4], (await TakeAsync(client, after: 2, count: 2)).Select(static item => item.Seq));

        using var response = await OpenAsync("", ("Last-Event-ID", "3"));
        // It may outlast this process, which could not say so any more when it closes the connection.
        Assert.True(response.Headers.ConnectionClose);
        Assert.Contains("id: 4", await ReadUntilAsync(response, "data:"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_happens_after_the_headers_is_on_the_stream()
    {
        using var response = await OpenAsync("");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        await Api.Client().AddTextAsync(_collection, new TextDocument("Later."));

        Assert.Contains("\"status\":\"queued\"", await ReadUntilAsync(response, "\n\n", skip: ": open\n\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_that_is_none_is_refused_before_the_stream_begins()
    {
        using var header = await Api.SendAsync(HttpMethod.Get, $"/v1/collections/{_collection}/events", headers: ("Last-Event-ID", "abc"));
        using var query = await Api.SendAsync(HttpMethod.Get, $"/v1/collections/{_collection}/events?after=-1");

        await Json.ProblemAsync(header, HttpStatusCode.BadRequest, "invalid-request");
        await Json.ProblemAsync(query, HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task A_quiet_stream_sends_a_comment_and_asks_whether_it_may_go_on()
    {
        var time = new ManualTime();
        await using var body = new MemoryStream();
        var context = new DefaultHttpContext();
        context.Response.Body = body;
        var asked = 0;
        await using var stream = await EventStream.BeginAsync(context, _ => ValueTask.FromResult(++asked < 2), time, isLong: true);

        time.Advance(EventStream.Quiet);
        await Eventually.TrueAsync(() => Task.FromResult(asked == 1), Limit, "the first comment was sent");
        Assert.False(stream.Aborted.IsCancellationRequested);
        time.Advance(EventStream.Quiet);
        await Eventually.TrueAsync(() => Task.FromResult(stream.Aborted.IsCancellationRequested), Limit, "the stream has ended");

        Assert.Equal(": open\n\n:\n\n:\n\n", Encoding.UTF8.GetString(body.ToArray()));
    }

    [Fact]
    public async Task A_stream_ends_when_its_right_cannot_be_asked_for()
    {
        var time = new ManualTime();
        var context = new DefaultHttpContext();
        await using var stream = await EventStream.BeginAsync(context, _ => throw new ProblemException("rate-limited", "Too many."), time, isLong: true);

        time.Advance(EventStream.Quiet);

        await Eventually.TrueAsync(() => Task.FromResult(stream.Aborted.IsCancellationRequested), Limit, "the stream has ended");
    }

    [Fact]
    public async Task A_reset_says_where_the_stream_goes_on()
    {
        await Api.Client().AddTextAsync(_collection, new TextDocument("One."));

        using var response = await OpenAsync("?after=99");

        Assert.Contains("id: 1\nevent: reset", await ReadUntilAsync(response, "data:"), StringComparison.Ordinal);
    }

    private async Task<List<CollectionEvent.DocumentChanged>> TakeAsync(RagClient client, long after, int count)
    {
        using var limit = new CancellationTokenSource(Limit);
        var events = new List<CollectionEvent.DocumentChanged>();
        await foreach (var item in client.FollowEventsAsync(_collection, after, limit.Token))
        {
            events.Add(Assert.IsType<CollectionEvent.DocumentChanged>(item));
            if (events.Count == count)
            {
                break;
            }
        }

        return events;
    }

    private async Task<HttpResponseMessage> OpenAsync(string query, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/collections/{_collection}/events{query}");
        request.Headers.Authorization = new("Bearer", ApiHost.Key);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await Api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<string> ReadUntilAsync(HttpResponseMessage response, string end, string skip = "")
    {
        using var limit = new CancellationTokenSource(Limit);
        var stream = await response.Content.ReadAsStreamAsync(limit.Token);
        var text = new StringBuilder();
        var buffer = new byte[1024];
        while (!text.ToString().Replace(skip.Length > 0 ? skip : "\0", "", StringComparison.Ordinal).Contains(end, StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, limit.Token);
            Assert.True(read > 0, $"The stream ended after: {text}");
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
