using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Rag.Api.Tests.Support;
using Rag.Client;

namespace Rag.Api.Tests;

[Collection(Postgres.Name)]
public sealed class UploadTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private readonly string _collection = $"c{Guid.NewGuid():N}"[..20];

    private ApiHost Api => fixture.Api;

    private string Documents => $"/v1/collections/{_collection}/documents";

    public Task InitializeAsync() => Api.Client().CreateCollectionAsync(new CreateCollection(_collection));

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("..\\..\\windows\\system.ini", "system.ini")]
    [InlineData("/etc/shadow", "shadow")]
    [InlineData("a\u0007b\u202Egpj.txt", "abgpj.txt")]
    [InlineData("..", "document")]
    [InlineData("Übersicht – 日本.txt", "Übersicht – 日本.txt")]
    public async Task A_name_is_only_a_name(string sent, string kept)
    {
        var item = Assert.Single((await UploadAsync(sent, Unique())).Items);

        Assert.Equal(SubmissionStatus.Queued, item.Status);
        Assert.Equal(kept, (await Api.Client().GetDocumentAsync(_collection, item.Id!.Value)).Name);
    }

    [Fact]
    public async Task Nothing_is_written_outside_the_folder_of_originals()
    {
        await UploadAsync("../../../../tmp/escaped.txt", Unique());

        Assert.All(
            Directory.EnumerateFiles(Api.BlobPath, "*", SearchOption.AllDirectories),
            static file => Assert.DoesNotContain("escaped", file, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_empty_file_is_refused_and_the_others_go_on()
    {
        var client = Api.Client();
        await using var first = new MemoryStream(Unique());
        await using var empty = new MemoryStream();
        await using var last = new MemoryStream(Unique());
        var items = (await client.UploadAsync(_collection, [new("a.txt", first), new("empty.txt", empty), new("b.txt", last)])).Items;

        Assert.Equal([SubmissionStatus.Queued, SubmissionStatus.Rejected, SubmissionStatus.Queued], items.Select(static item => item.Status));
        Assert.Equal("empty-file", items[1].Problem!.Code);
        Assert.Null(items[1].Id);
    }

    [Fact]
    public async Task When_every_file_is_refused_the_request_is()
    {
        var failure = await Assert.ThrowsAsync<RagApiException>(() => UploadAsync("empty.txt", []));

        Assert.Equal("empty-file", failure.Code);
        Assert.Equal((HttpStatusCode)422, failure.Status);
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_and_leaves_nothing_behind()
    {
        var failure = await Assert.ThrowsAsync<RagApiException>(() => UploadAsync("large.txt", new byte[(1024 * 1024) + 1]));

        Assert.Equal("file-too-large", failure.Code);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, failure.Status);
        Assert.Empty((await Api.Client().ListDocumentsAsync(_collection)).Items);
    }

    [Fact]
    public async Task A_file_of_exactly_the_limit_is_taken()
    {
        var content = new byte[1024 * 1024];
        Encoding.UTF8.GetBytes(Guid.NewGuid().ToString()).CopyTo(content, 0);

        Assert.Equal(SubmissionStatus.Queued, (await UploadAsync("limit.txt", content)).Items[0].Status);
    }

    [Fact]
    public async Task The_same_file_again_is_unchanged()
    {
        var content = Unique();
        var first = (await UploadAsync("a.txt", content)).Items[0];
        var second = (await UploadAsync("a.txt", content)).Items[0];

        Assert.Equal(SubmissionStatus.Unchanged, second.Status);
        Assert.Equal(first.Id, second.Id);
    }

    [Fact]
    public async Task A_source_id_goes_with_one_file()
    {
        await using var first = new MemoryStream(Unique());
        await using var second = new MemoryStream(Unique());
        var items = (await Api.Client().UploadAsync(_collection, [new("a.txt", first), new("b.txt", second)], new UploadOptions(SourceId: "one"))).Items;

        Assert.Equal(SubmissionStatus.Queued, items[0].Status);
        Assert.Equal("invalid-request", items[1].Problem!.Code);
    }

    [Theory]
    [InlineData("metadata", "[1]")]
    [InlineData("metadata", "{")]
    [InlineData("colour", "red")]
    public async Task A_wrong_field_names_itself(string name, string value)
    {
        using var form = new MultipartFormDataContent { { new StringContent(value), name }, { new ByteArrayContent(Unique()), "file", "a.txt" } };
        using var response = await Api.SendAsync(HttpMethod.Post, Documents, form);

        Assert.NotNull((await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request"))["errors"]![name]);
    }

    [Fact]
    public async Task A_field_after_the_files_comes_too_late()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Unique()), "file", "a.txt" }, { new StringContent("{}"), "metadata" } };
        using var response = await Api.SendAsync(HttpMethod.Post, Documents, form);

        Assert.NotNull((await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request"))["errors"]!["metadata"]);
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task A_form_that_is_none_is_refused(string contentType)
    {
        using var content = new ByteArrayContent("no form at all"u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using var response = await Api.SendAsync(HttpMethod.Post, Documents, content);

        await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request");
    }

    [Fact]
    public async Task A_form_without_a_file_is_told_what_is_missing()
    {
        using var form = new MultipartFormDataContent { { new StringContent("{}"), "metadata" } };
        using var response = await Api.SendAsync(HttpMethod.Post, Documents, form);

        Assert.NotNull((await Json.ProblemAsync(response, HttpStatusCode.BadRequest, "invalid-request"))["errors"]!["file"]);
    }

    [Fact]
    public async Task Metadata_of_a_form_goes_to_every_file()
    {
        await using var first = new MemoryStream(Unique());
        await using var second = new MemoryStream(Unique());
        var client = Api.Client();
        var items = (await client.UploadAsync(
            _collection, [new("a.txt", first), new("b.txt", second)], new UploadOptions(Metadata: new JsonObject { ["lang"] = "en" }))).Items;

        foreach (var item in items)
        {
            Assert.Equal("en", (string?)(await client.GetDocumentAsync(_collection, item.Id!.Value)).Metadata["lang"]);
        }
    }

    [Fact]
    public async Task The_original_comes_back_as_a_download_that_no_browser_runs()
    {
        var content = Encoding.UTF8.GetBytes($"<script>alert('{Guid.NewGuid()}')</script>");
        var id = (await UploadAsync("page.html", content, "text/html")).Items[0].Id!.Value;

        using var whole = await Api.SendAsync(HttpMethod.Get, $"{Documents}/{id}/content");
        using var part = await Api.SendAsync(HttpMethod.Get, $"{Documents}/{id}/content", headers: ("Range", "bytes=1-6"));

        Assert.Equal(content, await whole.Content.ReadAsByteArrayAsync());
        Assert.Equal("attachment", whole.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("nosniff", Assert.Single(whole.Headers.GetValues("X-Content-Type-Options")));
        Assert.Contains("sandbox", Assert.Single(whole.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("script", await part.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_no_document()
    {
        using var cancellation = new CancellationTokenSource();
        var sent = new Progress(cancellation);
        await using var endless = new EndlessStream();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Api.Client().UploadAsync(_collection, [new("endless.txt", endless)], progress: sent, cancellationToken: cancellation.Token));

        Assert.Empty((await Api.Client().ListDocumentsAsync(_collection)).Items);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Idempotency-Key: cut-off\r\n")]
    public async Task An_upload_without_its_closing_boundary_is_refused_in_words(string header)
    {
        const string body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nText that ends too";
        using var connection = await ConnectAsync(header, body.Length);
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(body));

        Assert.Contains("problems/invalid-request", await ReadAnswerAsync(connection.GetStream(), "HTTP/1.1 400"), StringComparison.Ordinal);
        Assert.Empty((await Api.Client().ListDocumentsAsync(_collection)).Items);
    }

    [Fact]
    public async Task A_connection_that_is_cut_within_a_file_is_no_fault_of_the_server()
    {
        const string body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nText that ends too";
        using var spans = new Spans();
        using (var connection = await ConnectAsync("", body.Length + 1000))
        {
            await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(body));
        }

        // Nobody is left to read an answer, but what it would have been is in traces and logs.
        var server = await spans.FirstAsync("Microsoft.AspNetCore", static span => span.DisplayName == "POST /v1/collections/{name}/documents");
        Assert.InRange(Assert.IsType<int>(server.GetTagItem("http.response.status_code")), 400, 499);
        Assert.Equal(ActivityStatusCode.Unset, server.Status);
        Assert.Empty((await Api.Client().ListDocumentsAsync(_collection)).Items);
    }

    private async Task<TcpClient> ConnectAsync(string header, int length)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(Api.Address.Host, Api.Address.Port);
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {Documents} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {ApiHost.Key}\r\n{header}"
            + $"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\r\n"));
        return connection;
    }

    private static async Task<string> ReadAnswerAsync(Stream stream, string status)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(limit.Token);
        Assert.StartsWith(status, answer, StringComparison.Ordinal);
        return answer;
    }

    private static byte[] Unique() => Encoding.UTF8.GetBytes($"Text {Guid.NewGuid()}.");

    private async Task<Submission> UploadAsync(string name, byte[] content, string? mediaType = null)
    {
        await using var stream = new MemoryStream(content);
        return await Api.Client().UploadAsync(_collection, [new UploadFile(name, stream, mediaType)]);
    }

    private sealed class Progress(CancellationTokenSource cancellation) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value)
        {
            if (value.SentBytes > 200_000)
            {
                cancellation.Cancel();
            }
        }
    }

    private sealed class EndlessStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Array.Fill(buffer, (byte)'x', offset, count);
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
