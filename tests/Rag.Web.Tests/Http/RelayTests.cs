using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Rag.Web.Relay;
using Rag.Web.Tests.Support;

namespace Rag.Web.Tests.Http;

/// <summary>What passes between browser and API, and what does not.</summary>
public sealed class RelayTests(WebSite site) : IClassFixture<WebSite>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("GET", "/app/keys")]
    [InlineData("POST", "/app/session")]
    [InlineData("POST", "/app/keys")]
    [InlineData("DELETE", "/app/collections/handbook")]
    [InlineData("PATCH", "/app/collections/handbook")]
    [InlineData("GET", "/app/collections/..%2fkeys/documents")]
    [InlineData("GET", "/app/collections/handbook/documents/..%2f..%2f..%2fkeys/content")]
    [InlineData("GET", "/app/../v1/keys")]
    [InlineData("POST", "/app/chat/completions")]
    public async Task What_is_not_on_the_list_does_not_pass(string method, string path)
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        site.State.Requests.Clear();
        using var answer = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed]);
        Assert.Empty(site.State.Requests);
    }

    [Fact]
    public void Only_reading_asking_and_work_on_documents_is_on_the_list() =>
        Assert.DoesNotContain(RelayRoutes.All, static x => x.Pattern.StartsWith("keys", StringComparison.Ordinal) || (x.Method != "GET" && x.Pattern.StartsWith("session", StringComparison.Ordinal)));

    [Fact]
    public async Task Only_listed_headers_and_queries_pass_and_the_session_goes_as_bearer()
    {
        site.State.AddCollection("headers");
        using var client = await PlainClient.SignedInAsync(site.Address);
        site.State.Requests.Clear();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/app/collections/headers/documents?q=a%26b&limit=7&admin=true");
        request.Headers.Add("X-Forwarded-For", "10.1.1.1");
        request.Headers.Add("Authorization", "Bearer rag_stolen");
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var (_, path, headers) = Assert.Single(site.State.Requests);
        Assert.Equal("/v1/collections/headers/documents?q=a%26b&limit=7", path);
        Assert.StartsWith("Bearer rags_", headers["Authorization"], StringComparison.Ordinal);
        Assert.DoesNotContain("Cookie", headers.Keys);
        Assert.DoesNotContain("X-Forwarded-For", headers.Keys);
        Assert.True(headers.ContainsKey("traceparent"), "the trace does not reach the API");
    }

    [Fact]
    public async Task Without_a_session_nothing_passes()
    {
        using var client = new PlainClient(site.Address);
        site.State.Requests.Clear();
        using var answer = await client.GetAsync("/app/session");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Empty(site.State.Requests);
    }

    [Fact]
    public async Task An_answer_passes_as_it_is_written_and_ends_when_the_browser_leaves()
    {
        site.State.AddCollection("stream");
        site.State.AddDocument("stream", "a.txt", "Whales breathe air. They come up for it.");
        site.State.HoldAnswer = new TaskCompletionSource();
        site.State.StreamCancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var leave = new CancellationTokenSource();
        var request = new HttpRequestMessage(HttpMethod.Post, "/app/collections/stream/ask") { Content = new StringContent("{\"question\":\"Do whales breathe?\"}", Encoding.UTF8, "application/json") };
        var answer = await client.SendAsync(request, leave.Token);
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var seen = "";
        while (!seen.Contains("event: delta", StringComparison.Ordinal))
        {
            // The stand-in holds the rest back, so this ends only if the first part is passed on alone.
            seen += await reader.ReadLineAsync().WaitAsync(Patience) + "\n";
        }

        Assert.Equal("no", answer.Headers.GetValues("X-Accel-Buffering").Single());
        answer.Dispose();
        await leave.CancelAsync();
        await site.State.StreamCancelled.Task.WaitAsync(Patience);
        site.State.HoldAnswer = null;
    }

    [Fact]
    public async Task Events_open_at_once_although_nothing_happens()
    {
        site.State.AddCollection("quiet");
        using var client = await PlainClient.SignedInAsync(site.Address);
        var request = new HttpRequestMessage(HttpMethod.Get, "/app/collections/quiet/events");
        request.Headers.Add("Last-Event-ID", "41");
        using var answer = await client.SendAsync(request).WaitAsync(Patience);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("41", site.State.Requests.Last(static x => x.Path.EndsWith("/events", StringComparison.Ordinal)).Headers["Last-Event-ID"]);
    }

    [Fact]
    public async Task A_large_upload_passes_without_being_held_in_memory()
    {
        site.State.AddCollection("large");
        using var client = await PlainClient.SignedInAsync(site.Address);
        var before = PeakMegabytes();
        const int size = 120_000_000;
        using var form = new MultipartFormDataContent { { new StreamContent(new NullBytes(size)), "file", "large.bin" } };
        using var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/app/collections/large/documents") { Content = form });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(size, Assert.Single(site.State.Collections["large"].Documents.Values).Original.Length);
        Assert.True(PeakMegabytes() - before < 60, $"rag-web grew from {before} to {PeakMegabytes()} MB");
    }

    [Fact]
    public async Task A_body_that_the_browser_breaks_off_is_no_failure_of_the_api()
    {
        site.State.AddCollection("broken-off");
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var leave = new CancellationTokenSource();
        using var form = new MultipartFormDataContent { { new StreamContent(new NullBytes(2_000_000_000)), "file", "large.bin" } };
        var sending = client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/app/collections/broken-off/documents") { Content = form }, leave.Token);
        while (!site.State.Requests.Any(static x => x is ("POST", "/v1/collections/broken-off/documents", _)))
        {
            Assert.False(sending.IsCompleted);
            await Task.Delay(20);
        }

        await leave.CancelAsync();
        await site.State.UploadBroken.Task.WaitAsync(Patience);

        // A larger body than this route takes fails at the same place, and has an answer.
        using var tooLarge = new HttpRequestMessage(HttpMethod.Post, "/app/collections/broken-off/search")
        {
            Content = new StringContent(new string(' ', 31_000_000), Encoding.UTF8, "application/json"),
        };
        tooLarge.Headers.ExpectContinue = true;
        using var large = await client.SendAsync(tooLarge);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Contains("body-too-large", await large.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("does not answer", site.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_original_is_only_ever_saved_and_can_be_resumed()
    {
        site.State.AddCollection("originals");
        var document = site.State.AddDocument("originals", "page.html", "<script>alert(1)</script>");
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var whole = await client.GetAsync($"/app/collections/originals/documents/{document.Id}/content");
        Assert.Equal("attachment", whole.Content.Headers.ContentDisposition!.DispositionType);
        Assert.StartsWith("sandbox", whole.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", whole.Headers.GetValues("X-Content-Type-Options").Single());
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/app/collections/originals/documents/{document.Id}/content");
        request.Headers.Range = new RangeHeaderValue(8, 12);
        using var part = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("alert", await part.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_problem_of_the_api_passes_as_it_is()
    {
        using var client = await PlainClient.SignedInAsync(site.Address);
        using var answer = await client.GetAsync("/app/collections/unheard-of");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("collection-not-found", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    // Linux only; elsewhere both readings are zero and the size alone is compared.
    private long PeakMegabytes()
    {
        using var process = Process.GetProcessById(site.ProcessId);
        return process.PeakWorkingSet64 / 1_000_000;
    }

    private sealed class NullBytes(long length) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _position; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - _position);
            Array.Clear(buffer, offset, read);
            _position += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
