using Microsoft.Extensions.DependencyInjection;
using Rag.Core.Documents;
using Rag.Core.Extraction;
using Rag.Core.Jobs;
using Rag.Testing;
using RagPlatform.ServiceDefaults.Health;

namespace Rag.Ingest.Tests;

/// <summary>A worker with four places, of which one collection may have three.</summary>
[Collection(PostgresCollection.Name)]
public sealed class FairWorkerTests(PostgresFixture postgres) : IAsyncLifetime
{
    private readonly ScriptedExtractor _extractor = new();
    private TestEngine _engine = null!;

    public async Task InitializeAsync() => _engine = await TestEngine.StartAsync(
        postgres,
        new Dictionary<string, string?> { ["Rag:Jobs:Concurrency"] = "4", ["Rag:Jobs:DrainTime"] = "00:00:00" },
        configure: (services, _) =>
        {
            services.AddSingleton<IDocumentExtractor>(_extractor);
            services.AddSingleton<Draining>();
            services.AddIngestWorker();
        });

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task A_collection_that_has_all_it_may_leaves_a_place_for_the_others()
    {
        var large = await _engine.CreateCollectionAsync();
        var small = await _engine.CreateCollectionAsync();
        for (var i = 0; i < 6; i++)
        {
            await _engine.SubmitAsync(large, $"wait {i}");
        }

        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 3);

        // None of the three ends meanwhile: only the fourth place can do it.
        Assert.Equal(DocumentStatus.Ready, (await StoredDocuments.ReadyAsync(_engine, (await _engine.SubmitAsync(small, "quick")).Document)).Status);
        Assert.Equal(3, _extractor.Waiting);
        Assert.Equal(3, await _engine.ScalarAsync<long>("select count(*) from jobs where state = 'running'"));
    }

    [Fact]
    public async Task A_paused_collection_finishes_what_it_began_and_begins_nothing_until_it_is_resumed()
    {
        var collection = await _engine.CreateCollectionAsync();
        var other = await _engine.CreateCollectionAsync();
        var begun = (await _engine.SubmitAsync(collection, "wait until paused")).Document;
        await Eventually.BecomesAsync(() => Task.FromResult(_extractor.Waiting), waiting => waiting == 1);
        await _engine.Get<QueueControl>().PauseAsync(collection.Id, CancellationToken.None);
        var waiting = (await _engine.SubmitAsync(collection, "not yet")).Document;

        _extractor.OpenGate();
        Assert.Equal(DocumentStatus.Ready, (await StoredDocuments.ReadyAsync(_engine, begun)).Status);
        // Submitted after the one that waits, and done before it.
        await StoredDocuments.ReadyAsync(_engine, (await _engine.SubmitAsync(other, "goes on")).Document);
        Assert.Equal(DocumentStatus.Queued, (await _engine.Documents.GetAsync(collection.Id, waiting.Id, CancellationToken.None)).Status);

        await _engine.Get<QueueControl>().ResumeAsync(collection.Id, CancellationToken.None);
        Assert.Equal(DocumentStatus.Ready, (await StoredDocuments.ReadyAsync(_engine, waiting)).Status);
    }

    [Fact]
    public async Task A_failure_keeps_the_stage_it_happened_in()
    {
        var document = (await _engine.SubmitAsync(await _engine.CreateCollectionAsync(), "corrupt")).Document;
        await Eventually.BecomesAsync(() => StoredDocuments.CountAsync(_engine, "failed"), count => count == 1);

        var job = Assert.Single((await _engine.Get<FailedJobs>().ListAsync(null, 10, null, CancellationToken.None)).Items);

        Assert.Equal((document.Id, "extract"), (job.Document, job.Stage));
    }

    [Fact]
    public async Task As_configured_by_nobody_a_collection_with_long_documents_has_all_cores_and_another_gets_its_turn_all_the_same()
    {
        var extractor = new ScriptedExtractor();
        await using var engine = await TestEngine.StartAsync(
            postgres,
            new Dictionary<string, string?> { ["Rag:Jobs:DrainTime"] = "00:00:00" },
            configure: (services, _) =>
            {
                services.AddSingleton<IDocumentExtractor>(extractor);
                services.AddSingleton<Draining>();
                services.AddIngestWorker();
            });
        var large = await engine.CreateCollectionAsync();
        var (places, most) = Shares.Of(0, 0, Environment.ProcessorCount);
        for (var i = 0; i < places + 2; i++)
        {
            await engine.SubmitAsync(large, $"wait {i}");
        }

        await Eventually.BecomesAsync(() => Task.FromResult(extractor.Waiting), waiting => waiting == most);

        var small = (await engine.SubmitAsync(await engine.CreateCollectionAsync(), "quick")).Document;
        Assert.Equal(DocumentStatus.Ready, (await StoredDocuments.ReadyAsync(engine, small)).Status);
        Assert.Equal(most, extractor.Waiting);
    }

    [Theory]
    [InlineData(0, 0, 1, 2, 1)]
    [InlineData(0, 0, 2, 3, 2)]
    [InlineData(0, 0, 3, 3, 2)]
    [InlineData(0, 0, 4, 4, 3)]
    [InlineData(0, 0, 16, 16, 12)]
    [InlineData(1, 0, 2, 1, 1)]
    [InlineData(2, 0, 2, 2, 2)]
    [InlineData(4, 0, 2, 4, 3)]
    [InlineData(0, 1, 2, 2, 1)]
    [InlineData(0, 5, 16, 16, 5)]
    public void A_collection_may_have_three_quarters_of_the_places_or_every_core_unless_it_is_configured(
        int concurrency, int perCollection, int cores, int places, int most) => Assert.Equal((places, most), Shares.Of(concurrency, perCollection, cores));
}
