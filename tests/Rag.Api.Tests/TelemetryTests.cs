using System.Collections.Concurrent;
using System.Diagnostics;
using Rag.Api.Tests.Support;
using Rag.Client;

namespace Rag.Api.Tests;

[Collection(Postgres.Name)]
public sealed class TelemetryTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_question_is_one_trace_from_the_request_to_the_database()
    {
        using var spans = new Spans();
        var client = fixture.Api.Client();
        await client.CreateCollectionAsync(new CreateCollection("traced"));
        await client.AskAsync("traced", new AskRequest("What is this?"));

        var server = await spans.FirstAsync("Microsoft.AspNetCore", static span => span.DisplayName == "POST /v1/collections/{name}/ask");
        Assert.Equal("/v1/collections/{name}/ask", server.GetTagItem("http.route"));
        Assert.Equal(200, server.GetTagItem("http.response.status_code"));
        Assert.Equal(ActivityStatusCode.Unset, server.Status);
        var ask = await spans.FirstAsync("Rag.Answering", span => span.TraceId == server.TraceId);
        Assert.Equal("ask", ask.OperationName);
        await spans.FirstAsync("Npgsql", span => span.TraceId == server.TraceId);
    }

    [Fact]
    public async Task A_submission_has_a_span_with_its_outcome()
    {
        using var spans = new Spans();
        var client = fixture.Api.Client();
        await client.CreateCollectionAsync(new CreateCollection("submitted"));
        await client.AddTextAsync("submitted", new TextDocument("Text."));

        var span = await spans.FirstAsync("Rag.Api", static span => span.OperationName == "submit document");
        Assert.Equal("queued", span.GetTagItem("rag.submission.outcome"));
    }

    [Fact]
    public async Task Names_of_collections_and_queries_are_in_no_span_of_ours()
    {
        using var spans = new Spans();
        var client = fixture.Api.Client();
        await client.CreateCollectionAsync(new CreateCollection("secret-plans"));
        await client.SearchAsync("secret-plans", new SearchRequest("acquisition"));
        await spans.FirstAsync("Microsoft.AspNetCore", static span => span.DisplayName == "POST /v1/collections/{name}/search");

        Assert.DoesNotContain(
            spans.All.Where(static span => span.Source.Name.StartsWith("Rag.", StringComparison.Ordinal)).SelectMany(static span => span.TagObjects),
            static tag => tag.Value?.ToString() is { } value && (value.Contains("acquisition", StringComparison.Ordinal) || value.Contains("secret-plans", StringComparison.Ordinal)));
    }

    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = new();
        private readonly ActivityListener _listener;

        public Spans()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = static source => source.Name is "Microsoft.AspNetCore" or "Npgsql" || source.Name.StartsWith("Rag.", StringComparison.Ordinal),
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _ended.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyCollection<Activity> All => _ended;

        public async Task<Activity> FirstAsync(string source, Func<Activity, bool> matches)
        {
            Activity? found = null;
            // A server's span ends after its client has the answer.
            await Eventually.TrueAsync(
                () => Task.FromResult((found = _ended.FirstOrDefault(span => span.Source.Name == source && matches(span))) is not null),
                TimeSpan.FromSeconds(15),
                $"a span of {source} has ended");
            return found!;
        }

        public void Dispose() => _listener.Dispose();
    }
}
