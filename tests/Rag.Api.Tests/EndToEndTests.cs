using System.Text;
using System.Text.Json.Nodes;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Testing;

namespace Rag.Api.Tests;

/// <summary>Everything once around with the real worker as its own process, through the typed client.</summary>
[Collection(Postgres.Name)]
public sealed class EndToEndTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private const string Markdown = """
        # Opening hours

        The bakery opens at seven in the morning from Tuesday to Saturday. On Sundays it opens at eight.

        ## Bread

        Rye bread leaves the oven at nine. Whole loaves keep for a week when they are wrapped in linen.
        """;

    [Fact]
    public async Task A_document_goes_in_is_found_is_quoted_changes_and_goes()
    {
        var api = fixture.Api;
        await using var worker = ServiceProcess.Start("Rag.Ingest", "rag-ingest", new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = api.ConnectionString,
            ["Rag__Blobs__Path"] = api.BlobPath,
        });
        var client = api.Client();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await client.CreateCollectionAsync(new CreateCollection("bakery", "A small one", Chunking: new ChunkingSettings(200, 400, 20)));

        // In, as a file, and followed until it is ready.
        await using var content = new MemoryStream(Encoding.UTF8.GetBytes(Markdown));
        var sent = new List<UploadProgress>();
        var item = Assert.Single((await client.UploadAsync(
            "bakery", [new UploadFile("hours.md", content, "text/markdown")], new UploadOptions("hours", Metadata: new JsonObject { ["lang"] = "en" }), new Recorder(sent), limit.Token)).Items);
        Assert.Equal(SubmissionStatus.Queued, item.Status);
        Assert.Equal(content.Length, sent[^1].SentBytes);
        var document = await ReadyAsync(client, item.Id!.Value, worker, limit.Token);
        Assert.True(document.Searchable);
        Assert.True(document.Chunks > 0);
        Assert.Equal("hours", document.SourceId);
        Assert.Equal("en", (string?)document.Metadata["lang"]);

        // Its text and its chunks agree.
        var text = await client.GetTextAsync("bakery", document.Id, cancellationToken: limit.Token);
        Assert.Equal(text.Text.Length, text.Length);
        Assert.Equal(document.Generation, text.Generation);
        var stretch = await client.GetTextAsync("bakery", document.Id, start: 3, end: 30, cancellationToken: limit.Token);
        Assert.Equal((text.Text[3..30], 3, text.Length), (stretch.Text, stretch.Start, stretch.Length));
        Assert.Equal("", (await client.GetTextAsync("bakery", document.Id, start: text.Length + 5, cancellationToken: limit.Token)).Text);
        var chunks = (await client.ListChunksAsync("bakery", document.Id, cancellationToken: limit.Token)).Items;
        var last = chunks[^1];
        Assert.Contains((await client.ListChunksAsync("bakery", document.Id, at: last.End - 1, cancellationToken: limit.Token)).Items, chunk => chunk.Id == last.Id);
        Assert.Empty((await client.ListChunksAsync("bakery", document.Id, at: text.Length, cancellationToken: limit.Token)).Items);
        Assert.Equal(document.Chunks, chunks.Count);
        Assert.All(chunks, chunk => Assert.Equal(chunk.Text, text.Text[chunk.Start..chunk.End]));

        // Found, and not found by a filter that excludes it.
        var found = await client.SearchAsync("bakery", new SearchRequest("when does the rye bread leave the oven"), limit.Token);
        var best = found.Evidence[0];
        Assert.Equal(document.Id, best.DocumentId);
        Assert.Equal(best.Text, text.Text[best.Start..best.End]);
        Assert.NotEmpty(best.Highlights);
        Assert.Empty((await client.SearchAsync("bakery", new SearchRequest("rye bread", Filter: new JsonObject { ["eq"] = new JsonObject { ["lang"] = "de" } }), limit.Token)).Evidence);

        // Answered, as a whole and as a stream, with quotes that stand where they say.
        var answer = await client.AskAsync("bakery", new AskRequest("When does the rye bread leave the oven?"), limit.Token);
        Assert.True(answer.Found, answer.Answer);
        Assert.NotEmpty(answer.Citations);
        Assert.All(answer.Citations, citation => Assert.Equal(citation.Quote, text.Text[citation.Start..citation.End]));
        await StreamAsync(client, text.Text, limit.Token);

        // The original comes back; the same again is unchanged.
        await using (var original = await client.OpenContentAsync("bakery", document.Id, limit.Token))
        {
            using var reader = new StreamReader(original.Stream);
            Assert.Equal(Markdown, await reader.ReadToEndAsync(limit.Token));
            Assert.Equal("hours.md", original.Name);
        }

        content.Position = 0;
        Assert.Equal(
            SubmissionStatus.Unchanged,
            (await client.UploadAsync("bakery", [new UploadFile("hours.md", content, "text/markdown")], new UploadOptions("hours"), cancellationToken: limit.Token)).Items[0].Status);

        // Processed again it stays searchable under a new generation.
        await client.ReprocessDocumentAsync("bakery", document.Id, limit.Token);
        await Eventually.TrueAsync(
            async () => (await client.GetDocumentAsync("bakery", document.Id, limit.Token)) is { Status: DocumentStatus.Ready } now && now.Generation != document.Generation,
            TimeSpan.FromSeconds(60),
            "the document was processed again");

        var counts = await client.GetCollectionAsync("bakery", limit.Token);
        Assert.Equal(new DocumentCounts(1, 0, 0, 1, 0), counts.Documents);

        // Gone means gone.
        await client.DeleteDocumentAsync("bakery", document.Id, limit.Token);
        await client.DeleteDocumentAsync("bakery", document.Id, limit.Token);
        Assert.Empty((await client.SearchAsync("bakery", new SearchRequest("rye bread"), limit.Token)).Evidence);
        var missing = await client.AskAsync("bakery", new AskRequest("When does the rye bread leave the oven?"), limit.Token);
        Assert.False(missing.Found);
        Assert.Empty(missing.Citations);
        Assert.Equal("document-not-found", (await Assert.ThrowsAsync<RagApiException>(() => client.GetDocumentAsync("bakery", document.Id, limit.Token))).Code);
    }

    private static async Task<Document> ReadyAsync(RagClient client, Guid id, ServiceProcess worker, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var step in client.FollowEventsAsync("bakery", after: 0, cancellationToken))
            {
                if (step is CollectionEvent.DocumentChanged { Status: DocumentStatus.Ready or DocumentStatus.Failed } end && end.DocumentId == id)
                {
                    Assert.True(end.Status == DocumentStatus.Ready, end.Problem?.Message);
                    return await client.GetDocumentAsync("bakery", id, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"The document was not ready in time. The worker said:{Environment.NewLine}{worker.Output}");
        }

        throw new InvalidOperationException("The stream ended before the document was ready.");
    }

    private static async Task StreamAsync(RagClient client, string text, CancellationToken cancellationToken)
    {
        var steps = new List<AskEvent>();
        await foreach (var step in client.AskStreamAsync("bakery", new AskRequest("When does the rye bread leave the oven?"), cancellationToken))
        {
            steps.Add(step);
        }

        Assert.IsType<AskEvent.Found>(steps[0]);
        Assert.True(Assert.IsType<AskEvent.Done>(steps[^1]).AnswerFound);
        var cited = new HashSet<int>();
        foreach (var step in steps)
        {
            switch (step)
            {
                case AskEvent.Cited { Citation: var citation }:
                    Assert.Equal(citation.Quote, text[citation.Start..citation.End]);
                    cited.Add(citation.Number);
                    break;
                case AskEvent.Delta { Text: var delta }:
                    Assert.All(
                        System.Text.RegularExpressions.Regex.Matches(delta, @"\[(\d+)\]"),
                        marker => Assert.Contains(int.Parse(marker.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), cited));
                    break;
            }
        }

        Assert.NotEmpty(cited);
    }

    private sealed class Recorder(List<UploadProgress> seen) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value) => seen.Add(value);
    }
}
