using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
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

    [Fact]
    public async Task Searches_and_first_texts_are_measured_with_few_tags()
    {
        using var measured = new Measurements("Rag.Retrieval", "Rag.Answering");
        var client = fixture.Api.Client();
        await client.CreateCollectionAsync(new CreateCollection("measured"));
        await client.SearchAsync("measured", new SearchRequest("merger"));
        await client.AskAsync("measured", new AskRequest("When is the merger?"));

        var searches = measured.Of("rag.search.duration");
        var texts = measured.Of("rag.ask.first_token.duration");
        Assert.Equal(2, searches.Count);
        Assert.All(searches, static search => Assert.Equal(["rag.search.mode=lexical", "rag.search.stale=False"], search.Tags.Order(StringComparer.Ordinal)));
        Assert.Equal(["rag.answerer=extractive"], Assert.Single(texts).Tags);
        Assert.All([.. searches, .. texts], static one => Assert.InRange(one.Value, 1e-6, 60));
    }

    [Fact]
    public async Task What_a_search_found_and_what_became_of_a_question_is_counted()
    {
        using var measured = new Measurements("Rag.Retrieval", "Rag.Answering");
        var client = fixture.Api.Client();
        await client.CreateCollectionAsync(new CreateCollection("counted"));
        await client.SearchAsync("counted", new SearchRequest("merger"));
        await client.AskAsync("counted", new AskRequest("When is the merger?"));
        await Assert.ThrowsAsync<RagApiException>(() => client.AskAsync("counted", new AskRequest("")));

        Assert.Equal([0, 0], measured.Of("rag.search.results").Select(static one => one.Value));
        Assert.All(measured.Of("rag.search.empty"), static one => Assert.Equal((1, "rag.search.mode=lexical"), (one.Value, one.Tags.Single())));
        Assert.Empty(measured.Of("rag.search.top_score"));
        Assert.Equal(["outcome=not_found", "rag.answerer=extractive"], Assert.Single(measured.Of("rag.ask.answers")).Tags.Order(StringComparer.Ordinal));
        Assert.Empty(measured.Of("gen_ai.client.token.usage"));
    }

    /// <summary>What instruments of some meters record. Tests of one collection run one after another, so nothing else does.</summary>
    private sealed class Measurements : IDisposable
    {
        private readonly ConcurrentQueue<(string Instrument, double Value, string[] Tags)> _all = new();
        private readonly MeterListener _listener = new();

        public Measurements(params string[] meters)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (meters.Contains(instrument.Meter.Name, StringComparer.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
                _all.Enqueue((instrument.Name, value, [.. tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}")])));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
                _all.Enqueue((instrument.Name, value, [.. tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}")])));
            _listener.Start();
        }

        public List<(string Instrument, double Value, string[] Tags)> Of(string instrument) => [.. _all.Where(one => one.Instrument == instrument)];

        public void Dispose() => _listener.Dispose();
    }
}
