using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Rag.Core.Documents;
using Rag.Testing;

namespace Rag.Ingest.Tests;

/// <summary>The real rag-ingest process, killed and cut off.</summary>
[Collection(PostgresCollection.Name)]
public sealed class WorkerProcessTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private TestEngine _engine = null!;
    private Collection _collection = null!;

    public async Task InitializeAsync()
    {
        _engine = await TestEngine.StartAsync(postgres);
        _collection = await _engine.CreateCollectionAsync();
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task Killed_at_random_moments_it_loses_nothing_and_stores_nothing_twice()
    {
        // More for a long run: RAG_TEST_KILLS=200 dotnet test.
        var kills = int.Parse(Environment.GetEnvironmentVariable("RAG_TEST_KILLS") ?? "5", CultureInfo.InvariantCulture);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var number = 0;
        for (var kill = 0; kill < kills; kill++)
        {
            for (var i = 0; i < 40 / Math.Min(kills, 5); i++)
            {
                await _engine.SubmitAsync(_collection, TextOf(number, random), sourceId: $"document {number % 40}", name: $"{number}.txt");
                number++;
            }

            await using var doomed = Start();
            await doomed.WaitUntilOkAsync("/health/live", StartLimit);
            await Task.Delay(random.Next(0, 1500));
            await doomed.KillAsync();
        }

        await using var survivor = Start();
        await Eventually.BecomesAsync(
            () => StoredDocuments.CountAsync(_engine, "ready"), ready => ready == Math.Min(number, 40), TimeSpan.FromSeconds(90), () => $"Seed {seed}. {survivor.Output}");

        await StoredDocuments.AssertWholeAsync(_engine);
        // Each document's text is that of its newest submission.
        Assert.Equal(0, await _engine.ScalarAsync<long>(
            "select count(*) from documents d join generations g on g.document_id = d.id and g.generation = d.active_generation where g.sha256 <> d.sha256"));
        await survivor.TerminateAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Without_its_database_it_starts_says_so_and_goes_on_when_the_database_comes()
    {
        var real = new NpgsqlConnectionStringBuilder(_engine.ConnectionString);
        await using var relay = new Relay(real.Port);
        real.Port = relay.Port;
        var document = (await _engine.SubmitAsync(_collection, "patience")).Document;

        await using var worker = Start(real.ConnectionString);
        await worker.WaitUntilOkAsync("/health/live", StartLimit);
        await worker.WaitUntilOkAsync("/health/startup", StartLimit);
        using var client = new HttpClient { BaseAddress = worker.BaseAddress };
        using (var answer = await client.GetAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            var storage = (await answer.Content.ReadFromJsonAsync<JsonObject>())!["checks"]!.AsArray().Single(check => (string?)check!["name"] == "storage")!;
            Assert.Contains("database", (string?)storage["detail"], StringComparison.Ordinal);
        }

        relay.Open();
        await worker.WaitUntilOkAsync("/health/ready", StartLimit);
        Assert.Equal(DocumentStatus.Ready, (await StoredDocuments.ReadyAsync(_engine, document)).Status);

        // And once more, while it runs.
        relay.Cut();
        var second = (await _engine.SubmitAsync(_collection, "more patience")).Document;
        await Eventually.BecomesAsync(
            async () => (await client.GetAsync("/health/ready")).StatusCode, status => status == HttpStatusCode.ServiceUnavailable);
        relay.Open();
        Assert.Equal(DocumentStatus.Ready, (await StoredDocuments.ReadyAsync(_engine, second)).Status);
        await worker.WaitUntilOkAsync("/health/ready", StartLimit);
    }

    private ServiceProcess Start(string? connectionString = null) => ServiceProcess.Start("Rag.Ingest", "rag-ingest", new Dictionary<string, string>
    {
        ["ConnectionStrings__ragdb"] = connectionString ?? _engine.ConnectionString,
        ["Rag__Blobs__Path"] = _engine.BlobPath,
        ["Rag__Shutdown__Delay"] = "00:00:00",
    });

    private static string TextOf(int number, Random random) =>
        $"# Document {number}\n\n" + string.Concat(Enumerable.Range(0, random.Next(1, 400)).Select(i => $"Sentence {i} of document {number} is about topic {i % 13}, größer 😀 than 日本. "));
}
