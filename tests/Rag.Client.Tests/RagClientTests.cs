using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Rag.Client.Tests;

public sealed class RagClientTests
{
    private const string NoCollections = """{"items":[],"nextCursor":null}""";

    [Fact]
    public async Task A_problem_becomes_an_exception_with_code_words_and_fields()
    {
        await using var api = await ScriptedApi.AnsweringAsync(
            """{"type":"https://ragplatform.dev/problems/invalid-request","title":"Invalid request","status":400,"detail":"Not valid.","traceId":"t1","errors":{"limit":["must be between 1 and 100."]}}""",
            400,
            "application/problem+json");

        var failure = await Assert.ThrowsAsync<RagApiException>(() => api.Client().SearchAsync("c", new SearchRequest("q", 0)));

        Assert.Equal("invalid-request", failure.Code);
        Assert.Equal(HttpStatusCode.BadRequest, failure.Status);
        Assert.Equal("t1", failure.Problem.TraceId);
        Assert.Equal("Not valid. limit: must be between 1 and 100.", failure.Message);
    }

    [Fact]
    public async Task Retry_after_is_passed_on()
    {
        await using var api = await ScriptedApi.StartAsync(context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7";
            return Task.CompletedTask;
        });

        var failure = await Assert.ThrowsAsync<RagApiException>(() => api.Client().ListCollectionsAsync());

        Assert.Equal(TimeSpan.FromSeconds(7), failure.RetryAfter);
    }

    [Theory]
    [InlineData("<html>Bad gateway</html>", 502, "text/html")]
    [InlineData("{ broken", 502, "application/problem+json")]
    public async Task What_a_proxy_answers_is_told_by_its_status(string body, int status, string contentType)
    {
        await using var api = await ScriptedApi.AnsweringAsync(body, status, contentType);

        var failure = await Assert.ThrowsAsync<RagApiException>(() => api.Client().ListCollectionsAsync());

        Assert.Equal(status, (int)failure.Status);
        Assert.Contains("502", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_none_of_ours_is_told_apart()
    {
        await using var api = await ScriptedApi.AnsweringAsync("<html>Router login</html>", contentType: "text/html");

        var failure = await Assert.ThrowsAsync<RagApiException>(() => api.Client().GetVersionAsync());

        Assert.Equal("unexpected-answer", failure.Code);
    }

    [Fact]
    public async Task An_API_that_is_away_is_told_with_its_address()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        var client = RagClient.Create(new Uri($"http://127.0.0.1:{port}"), "k");

        foreach (var attempt in (Func<Task>[])[() => client.ListCollectionsAsync(), () => client.GetHealthAsync()])
        {
            var failure = await Assert.ThrowsAsync<RagApiException>(attempt);
            Assert.Equal(RagApiException.Unreachable, failure.Code);
            Assert.Contains($"{port}", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_API_that_dies_in_the_middle_of_its_answer_is_away_too()
    {
        await using var api = await ScriptedApi.StartAsync(static async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"items":[""");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        var failure = await Assert.ThrowsAsync<RagApiException>(() => api.Client().ListCollectionsAsync());

        Assert.Equal(RagApiException.Unreachable, failure.Code);
    }

    [Fact]
    public async Task The_callers_cancellation_stays_a_cancellation()
    {
        var arrived = new TaskCompletionSource();
        await using var api = await ScriptedApi.StartAsync(async context =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        using var cancellation = new CancellationTokenSource();
        var call = api.Client().ListCollectionsAsync(cancellationToken: cancellation.Token);
        await arrived.Task;

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task The_bearer_is_asked_for_every_call()
    {
        await using var api = await ScriptedApi.AnsweringAsync(NoCollections);
        using var http = new HttpClient { BaseAddress = api.Address };
        var calls = 0;
        var client = new RagClient(http, _ => ValueTask.FromResult<string?>($"session-{++calls}"));

        await client.ListCollectionsAsync();
        await client.ListCollectionsAsync();

        Assert.Equal(["Bearer session-1", "Bearer session-2"], api.Requests.Select(static request => request.Authorization));
    }

    [Fact]
    public async Task Names_and_values_are_escaped()
    {
        await using var api = await ScriptedApi.AnsweringAsync(NoCollections);

        await api.Client().ListDocumentsAsync("../keys?x", new DocumentQuery(DocumentStatus.Failed, "a&b=ü", 5, "c/d"));

        Assert.Equal("/v1/collections/..%2Fkeys%3Fx/documents?status=failed&q=a%26b%3D%C3%BC&limit=5&cursor=c%2Fd", api.Requests.Single().PathAndQuery);
    }

    [Fact]
    public async Task All_pages_are_followed_to_the_last()
    {
        await using var api = await ScriptedApi.StartAsync(context => context.Response.WriteAsJsonAsync(new
        {
            items = new[] { Collection(context.Request.Query["cursor"].FirstOrDefault() ?? "first") },
            nextCursor = context.Request.Query.ContainsKey("cursor") ? null : "second",
        }));

        var names = new List<string>();
        await foreach (var collection in api.Client().AllCollectionsAsync())
        {
            names.Add(collection.Name);
        }

        Assert.Equal(["first", "second"], names);
    }

    [Fact]
    public async Task Fields_of_a_newer_API_do_no_harm()
    {
        await using var api = await ScriptedApi.AnsweringAsync(
            """{"version":"9","commit":null,"embedding":null,"chat":{"model":"m","new":1},"index":{"provider":"embedded"},"news":[1,2]}""");

        Assert.Equal("9", (await api.Client().GetVersionAsync()).Version);
    }

    [Fact]
    public async Task Health_is_read_also_when_it_is_bad()
    {
        await using var api = await ScriptedApi.AnsweringAsync("""{"status":"unavailable","checks":[{"name":"storage","status":"unavailable","detail":"away"}]}""", 503);

        var health = await api.Client().GetHealthAsync();

        Assert.Equal("unavailable", health.Status);
        Assert.Equal("away", health.Checks.Single().Detail);
    }

    [Fact]
    public async Task An_upload_sends_its_fields_first_and_tells_how_far_it_is()
    {
        IFormCollection? form = null;
        string? raw = null;
        await using var api = await ScriptedApi.StartAsync(async context =>
        {
            context.Request.EnableBuffering();
            using (var reader = new StreamReader(context.Request.Body, Encoding.Latin1, leaveOpen: true))
            {
                raw = await reader.ReadToEndAsync();
            }

            context.Request.Body.Position = 0;
            form = await context.Request.ReadFormAsync();
            await context.Response.WriteAsync("""{"items":[{"name":"a","status":"queued","id":"0193f7a0-0000-7000-8000-000000000000","problem":null}]}""");
        });
        var progress = new List<UploadProgress>();
        await using var content = new MemoryStream(new byte[200_000]);

        await api.Client().UploadAsync(
            "c", [new UploadFile("Übung \"1\".pdf", content, "application/pdf")], new UploadOptions("source", "Title", IdempotencyKey: "key"), new Recorder(progress));

        var file = Assert.Single(form!.Files);
        Assert.Equal("file", file.Name);
        Assert.Equal("Übung \"1\".pdf", file.FileName);
        Assert.Equal("application/pdf", file.ContentType);
        Assert.Equal(200_000, file.Length);
        Assert.Equal("source", form["sourceId"]);
        Assert.True(raw!.IndexOf("sourceId", StringComparison.Ordinal) < raw.IndexOf("name=\"file\"", StringComparison.Ordinal));
        Assert.Equal(new UploadProgress("Übung \"1\".pdf", 200_000, 200_000), progress[^1]);
        Assert.True(progress.Count > 1);
        Assert.True(content.CanRead, "The stream stays the caller's.");
    }

    private static object Collection(string name) => new
    {
        id = Guid.NewGuid(),
        name,
        description = "",
        language = "en",
        chunking = new { targetTokens = 400, maxTokens = 800, overlapTokens = 40 },
        retrieval = new { mode = (string?)null },
        documents = new { total = 0, queued = 0, processing = 0, ready = 0, failed = 0 },
        chunks = 0,
        sizeBytes = 0,
        created = DateTimeOffset.UnixEpoch,
        updated = DateTimeOffset.UnixEpoch,
    };

    private sealed class Recorder(List<UploadProgress> seen) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value) => seen.Add(value);
    }
}
