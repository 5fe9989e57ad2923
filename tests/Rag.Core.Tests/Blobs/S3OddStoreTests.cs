using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Options;
using Rag.Core.Blobs;
using Rag.Core.Blobs.S3;
using Rag.Core.Documents;
using Rag.Testing;

namespace Rag.Core.Tests.Blobs;

/// <summary>Stores that answer otherwise than Swift does, or not to the end: a server that says what the test tells it to.</summary>
public sealed class S3OddStoreTests : IAsyncLifetime, IDisposable
{
    private static readonly CollectionId Collection = CollectionId.New();
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly OddServer _server = new();
    private readonly List<S3Connection> _connections = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _connections.ForEach(static connection => connection.Dispose());

    [Fact]
    public async Task An_answer_that_never_ends_is_given_up()
    {
        _server.Answer = static async context =>
        {
            context.Response.SendChunked = true;
            await context.Response.OutputStream.WriteAsync("<?xml version=\"1.0\"?><ListBucketResult>"u8.ToArray());
            await context.Response.OutputStream.FlushAsync();
            await Task.Delay(Timeout.Infinite);
        };

        Assert.Contains("does not answer at the moment", await Open(TimeSpan.FromSeconds(1)).CheckAsync(default).WaitAsync(Limit), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(301, "<Error><Code>PermanentRedirect</Code></Error>", "blobs-away", "sends elsewhere (301)")]
    [InlineData(400, "<Error><Code>InvalidRequest</Code></Error>", "blobs-away", "refuses what it was asked (400 InvalidRequest)")]
    [InlineData(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>", "blobs-away", "their clocks differ")]
    [InlineData(503, "<Error><Code>SlowDown</Code></Error>", "blobs-away", "does not answer at the moment")]
    [InlineData(507, "<Error><Code>XMinioStorageFull</Code></Error>", "disk-full", "is full")]
    [InlineData(200, "<html><body>Welcome", "blobs-away", "is not understood")]
    public async Task What_a_store_refuses_is_told_as_what_it_is(int status, string body, string code, string said)
    {
        _server.Answer = context => AnswerAsync(context, status, body);

        var problem = await Assert.ThrowsAsync<RagException>(() => Open().ListAsync(default).ToListAsync().AsTask().WaitAsync(Limit));

        Assert.Equal((code, true), (problem.Code, problem.IsTransient));
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removal_is_sent_once_and_what_is_not_there_is_removed()
    {
        _server.Answer = static context => AnswerAsync(context, 500, "<Error><Code>InternalError</Code></Error>");
        await Assert.ThrowsAsync<RagException>(() => Open().DeleteAsync(Collection, new byte[32], default));
        Assert.Equal(["DELETE"], _server.Methods);

        _server.Answer = static context => AnswerAsync(context, 404, "<Error><Code>NoSuchKey</Code></Error>");
        await Open().DeleteAsync(Collection, new byte[32], default);
    }

    [Fact]
    public async Task A_removal_whose_caller_gave_up_is_waited_for()
    {
        var arrived = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        _server.Answer = async context =>
        {
            arrived.SetResult();
            await goOn.Task;
            await AnswerAsync(context, 204, "");
        };
        using var gaveUp = new CancellationTokenSource();
        var removal = Open().DeleteAsync(Collection, new byte[32], gaveUp.Token);
        await arrived.Task.WaitAsync(Limit);

        await gaveUp.CancelAsync();
        Assert.False(removal.IsCompleted);
        goOn.SetResult();
        await removal.WaitAsync(Limit);
    }

    [Fact]
    public async Task A_list_that_goes_on_nowhere_ends()
    {
        _server.Answer = static context => AnswerAsync(context, 200, "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>");

        await AwayAsync(() => Open().ListAsync(default).ToListAsync().AsTask().WaitAsync(Limit), "goes on, and not where");
    }

    [Fact]
    public async Task A_store_that_does_not_tell_of_uploads_is_swept_of_the_rest()
    {
        _server.Answer = static context => context.Request.Url!.Query.Contains("uploads", StringComparison.Ordinal)
            ? AnswerAsync(context, 501, "<Error><Code>NotImplemented</Code></Error>")
            : AnswerAsync(context, 200, "<ListBucketResult><Contents><Key>.staging/a</Key><Size>1</Size><LastModified>2020-01-01T00:00:00.000Z</LastModified></Contents></ListBucketResult>");

        Assert.Equal(1, await Open().RemoveLeftoversAsync(TimeSpan.FromHours(24), default));
    }

    [Fact]
    public async Task A_store_that_gives_the_whole_where_a_part_was_asked_for_is_not_believed()
    {
        _server.Answer = static context =>
        {
            context.Response.AddHeader("ETag", "\"0123456789abcdef0123456789abcdef\"");
            return AnswerAsync(context, 200, "0123456789");
        };
        await using var stream = (await Open().OpenAsync(Collection, new byte[32], default))!;
        stream.Position = 5;

        await AwayAsync(() => stream.ReadAsync(new byte[10]).AsTask(), "asked for a part of an original and gave another");
    }

    [Fact]
    public async Task A_copy_that_is_not_what_was_sent_is_not_taken_in()
    {
        _server.Answer = static context => context.Request.HttpMethod == "HEAD" ? AnswerAsync(context, 200, "") : AnswerAsync(context, 200, "<CopyObjectResult><ETag>x</ETag></CopyObjectResult>");
        await using var staged = await Open().StageAsync(Collection, new MemoryStream([1, 2, 3]), default);

        await AwayAsync(() => staged.CommitAsync(null!, isDamaged: false, default), "was to copy 3 bytes and shows 0 of them");
    }

    private S3BlobStore Open(TimeSpan? patience = null)
    {
        var options = Options.Create(new BlobOptions
        {
            Provider = BlobProvider.S3,
            S3 = { Endpoint = new Uri($"http://{_server.Address}"), Bucket = "originals", AccessKeyId = "id", SecretAccessKey = "key" },
        });
        var connection = new S3Connection(options) { Patience = patience ?? Limit };
        _connections.Add(connection);
        return new S3BlobStore(connection, options, TimeProvider.System);
    }

    private static async Task AwayAsync(Func<Task> call, string said)
    {
        var problem = await Assert.ThrowsAsync<RagException>(call);
        Assert.Equal(("blobs-away", true), (problem.Code, problem.IsTransient));
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
    }

    private static async Task AnswerAsync(HttpListenerContext context, int status, string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml";
        context.Response.AddHeader("x-amz-request-id", status.ToString(CultureInfo.InvariantCulture));
        context.Response.ContentLength64 = bytes.Length;
        if (context.Request.HttpMethod != "HEAD")
        {
            await context.Response.OutputStream.WriteAsync(bytes);
        }

        context.Response.Close();
    }

    private sealed class OddServer : LoopbackServer
    {
        public Func<HttpListenerContext, Task> Answer { get; set; } = static context => S3OddStoreTests.AnswerAsync(context, 404, "");

        public ConcurrentQueue<string> Methods { get; } = new();

        protected override Task AnswerAsync(HttpListenerContext context)
        {
            Methods.Enqueue(context.Request.HttpMethod);
            return Answer(context);
        }

    }
}
