using Microsoft.Extensions.DependencyInjection;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Indexing.Qdrant;
using Rag.Core.Tests.Indexing.Conformance;
using Rag.Core.Tests.Retrieval;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Qdrant;

/// <summary>Versions of the index: one that is searched, and one that is built to take its place.</summary>
public sealed class QdrantRebuildTests(PostgresFixture postgres) : IAsyncLifetime, IClassFixture<PostgresFixture>
{
    private static readonly string[] Words = ["harbour", "lantern", "granite", "meadow", "glacier", "copper", "velvet", "pepper", "violin", "marble"];

    private ProjectorWorld _world = null!;

    public async Task InitializeAsync() => _world = await ProjectorWorld.StartAsync(await postgres.CreateDatabaseAsync());

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task What_waits_for_the_index_is_ready_when_the_version_that_has_it_is_searched()
    {
        var active = await _world.BeginAsync();
        await _world.FinishAsync(active);
        var building = await _world.BuildAsync(active);
        var document = await _world.PublishAwaitingAsync("d", "tern");
        // The new version is ahead of the one that is searched.
        await _world.FinishAsync(building);
        Assert.Equal(("processing", null), await _world.StateAsync(document));

        Assert.Equal([_world.Collection.Id], await _world.Versions.ActivateAsync(building, default));

        Assert.Equal(("ready", null), await _world.StateAsync(document));
        Assert.Equal("ready", await _world.ScalarAsync<string>("select status from document_events order by seq desc limit 1"));
    }

    [Fact]
    public async Task What_was_built_is_searched_though_somebody_writes_all_the_time()
    {
        var active = await _world.BeginAsync();
        await _world.PublishAsync("d", "tern");
        await _world.FinishAsync(active);
        var building = await _world.BuildAsync(active);
        await _world.FinishAsync(building);
        // In the searched one already, and not in the other.
        await _world.PublishAsync("e", "tern");
        await _world.FinishAsync(active);
        Assert.Null(await _world.Versions.ActivateAsync(building, default));

        await _world.FinishAsync(building);
        await _world.PublishAsync("f", "tern");

        Assert.NotNull(await _world.Versions.ActivateAsync(building, default));
        Assert.Equal(building.Id, Assert.Single(await _world.Versions.ListAsync(Projection.Provider, building.Epoch, default)).Id);
    }

    [Fact]
    public async Task What_is_built_for_another_embedding_gives_way_to_what_is_asked_for_now()
    {
        var active = await _world.BeginAsync();
        await _world.FinishAsync(active);
        var building = await _world.BuildAsync(active);
        var rebuilder = _world.World.Services.GetRequiredService<IIndexRebuilder>();

        // The same again: it goes on.
        Assert.Equal(RebuildStart.Running, await rebuilder.StartAsync(null, default));
        Assert.Equal(building.Id, await BuildingAsync());
        await _world.World.ExecuteAsync("update index_versions set space_id = null where state = 'building'");
        Assert.Equal(RebuildStart.Begun, await rebuilder.StartAsync(null, default));

        Assert.NotEqual(building.Id, await BuildingAsync());
        Assert.Equal("retired", await _world.ScalarAsync<string>($"select state from index_versions where id = {building.Id}"));

        Task<int> BuildingAsync() => _world.ScalarAsync<int>("select id from index_versions where state = 'building'");
    }

    [Fact]
    public async Task Nothing_is_built_beside_what_is_being_filled_for_the_first_time()
    {
        var version = await _world.BeginAsync();
        await _world.PublishAsync("d", "tern");
        var rebuilder = _world.World.Services.GetRequiredService<IIndexRebuilder>();

        Assert.Equal(RebuildStart.Filling, await rebuilder.StartAsync(null, default));

        Assert.Equal(1, await _world.ScalarAsync<long>("select count(*) from index_versions"));
        Assert.True(await rebuilder.StateAsync(null, default) is { IsBuilding: true, IsFilling: true });

        await _world.FinishAsync(version);
        Assert.True(await rebuilder.StateAsync(null, default) is { IsBuilding: false, IsFilling: false });
        Assert.Equal(RebuildStart.Begun, await rebuilder.StartAsync(null, default));
        Assert.True(await rebuilder.StateAsync(null, default) is { IsBuilding: true, IsFilling: false });
    }

    [Fact]
    public async Task A_new_version_is_begun_though_a_collection_was_made_a_moment_ago()
    {
        var active = await _world.BeginAsync();
        await _world.PublishAsync("d", "tern");
        await _world.FinishAsync(active);
        await _world.World.CreateCollectionAsync("new");

        Assert.Equal(RebuildStart.Begun, await _world.World.Services.GetRequiredService<IIndexRebuilder>().StartAsync(null, default));
    }

    [Fact]
    public async Task A_new_version_is_begun_though_the_searched_one_is_compared_as_a_whole()
    {
        var active = await _world.BeginAsync();
        await _world.PublishAsync("d", "tern");
        await _world.FinishAsync(active);
        await _world.World.ExecuteAsync("update collection_sequences set change_seq = change_seq + 1");
        Assert.True(await _world.Projection.RunAsync(active, null, default));
        Assert.False(await _world.ScalarAsync<bool>("select loaded from index_collections"));

        Assert.Equal(RebuildStart.Begun, await _world.World.Services.GetRequiredService<IIndexRebuilder>().StartAsync(null, default));
    }

    [Fact]
    public async Task A_first_version_that_cannot_be_written_is_replaced_by_a_new_one()
    {
        var active = await _world.BeginAsync();
        await _world.PublishAsync("d", "tern");
        _world.Relay.Fate = request => request.Path.StartsWith($"/collections/{active.Name}/points", StringComparison.Ordinal) ? new RelayFate.Answer(503) : RelayFate.Forward;
        await _world.ReleaseAsync();
        await Eventually.TrueAsync(() => _world.ScalarAsync<bool>("select failing from index_versions"), "it is noted that it cannot be written");
        var rebuilder = _world.World.Services.GetRequiredService<IIndexRebuilder>();

        Assert.Equal(RebuildStart.Begun, await rebuilder.StartAsync(null, default));

        await Eventually.TrueAsync(
            async () => await _world.ScalarAsync<int>("select id from index_versions where state = 'active' and filled and not failing") > active.Id, "the new version is searched");
        Assert.True(await rebuilder.StateAsync(null, default) is { IsBuilding: false, IsFilling: false, Indexed: 1 });
    }

    [Fact]
    public async Task Words_are_ranked_as_by_the_embedded_index_though_what_the_mean_length_was_estimated_by_is_shorter_than_the_rest()
    {
        var active = await _world.BeginAsync();
        var random = new Random(20261129);
        // As many as the estimate looks at, which goes by age, then longer ones. Of the last two the first is better by a mean length of up to 93, the second by a greater one.
        string[] texts =
        [
            .. Enumerable.Range(0, 500).Select(_ => RandomText(random.Next(60, 115))), .. Enumerable.Range(0, 100).Select(_ => RandomText(random.Next(140, 190))),
            "tern " + Repeated(49), "tern tern " + Repeated(129),
        ];
        var all = texts.Select(static (t, i) => new NewDocument($"d{i}", t)).ToList();
        var documents = (await _world.World.PublishAsync(_world.Collection, all[..500])).Concat(await _world.World.PublishAsync(_world.Collection, all[500..])).ToList();
        var reference = new ReferenceIndex(Analyzers.ForLanguage("en"));
        for (var i = 0; i < texts.Length; i++)
        {
            reference.Put(documents[i], texts[i], null, null);
        }

        Assert.InRange(reference.AverageLength, 97, 103);
        Assert.InRange(await _world.Source.AverageLengthAsync(_world.Collection.Id, default), 80, 92);
        await using var embedded = await SearchWorld.StartAsync(_world.World.ConnectionString, ("Rag:Embedding:Provider", "local"));

        await _world.FinishAsync(active);
        await CompareAsync();
        var building = await _world.BuildAsync(active);
        await _world.FinishAsync(building);
        Assert.NotNull(await _world.Versions.ActivateAsync(building, default));
        await CompareAsync();

        // The mean was known this time: nothing was written twice.
        Assert.Equal(0, await _world.ScalarAsync<int>($"select weights from index_collections where version_id = {building.Id}"));

        async Task CompareAsync()
        {
            foreach (var query in (string[])["tern", "granite", "copper velvet", "marble granite pepper"])
            {
                var expected = reference.Lexical(query, reference.AverageLength);
                var search = new IndexQuery { Collection = _world.Collection.Id, Terms = reference.Terms(query), Depth = 1000 };
                var hits = await _world.World.Services.GetRequiredService<IIndexReader>().SearchAsync(search, default);
                Assert.Equal(reference.AverageLength, hits.AverageLength, 6);
                IndexConformance.AssertSame(expected, hits.Lexical, 1000);
                IndexConformance.AssertSame(expected, (await embedded.Services.GetRequiredService<IIndexReader>().SearchAsync(search, default)).Lexical, 1000);
                if (query == "tern")
                {
                    Assert.Equal([documents[^1], documents[^2]], hits.Lexical.Select(static h => h.Document));
                }
            }
        }

        string RandomText(int length) => string.Join(' ', random.GetItems(Words, length));

        static string Repeated(int count) => string.Join(' ', Enumerable.Repeat("granite", count));
    }

    [Fact]
    public async Task Writing_a_collection_again_that_the_index_does_not_have_is_refused()
    {
        var version = await _world.BeginAsync();
        var rebuilder = _world.World.Services.GetRequiredService<IIndexRebuilder>();
        // Nothing to search, nothing to write.
        Assert.Equal(RebuildStart.Empty, await rebuilder.StartAsync(_world.Collection.Id, default));
        await _world.PublishAsync("d", "tern");

        var refusal = await Assert.ThrowsAsync<RagException>(() => rebuilder.StartAsync(_world.Collection.Id, default));

        Assert.Equal(("index-away", true), (refusal.Code, refusal.IsTransient));
        await _world.FinishAsync(version);
        Assert.Equal(RebuildStart.Begun, await rebuilder.StartAsync(_world.Collection.Id, default));
        Assert.True((await rebuilder.StateAsync(_world.Collection.Id, default)).IsBuilding);

        // The second time while it is under way.
        Assert.Equal(RebuildStart.Running, await rebuilder.StartAsync(_world.Collection.Id, default));
        Assert.Equal(1, await _world.ScalarAsync<int>("select weights from index_collections"));
    }

    [Fact]
    public async Task A_collection_of_more_than_one_look_is_loaded_and_a_new_version_of_it_is_searched()
    {
        var active = await _world.BeginAsync();
        await _world.World.PublishAsync(_world.Collection, [.. Enumerable.Range(0, 1200).Select(static i => new NewDocument($"d{i}", "tern"))]);
        // As if nothing of how they came were kept.
        await _world.World.ExecuteAsync("delete from index_changes");
        await _world.FinishAsync(active);
        Assert.True(await _world.ScalarAsync<bool>("select loaded and not comparing from index_collections"));

        var building = await _world.BuildAsync(active);
        await _world.FinishAsync(building);

        Assert.NotNull(await _world.Versions.ActivateAsync(building, default));
        Assert.Equal(1200, await _world.Qdrant.CountAsync(building.Name, [], default));
    }

    [Fact]
    public async Task What_is_written_again_is_so_though_something_new_comes_all_the_time()
    {
        var version = await _world.BeginAsync();
        await _world.PublishAsync("d", "tern");
        await _world.FinishAsync(version);
        await _world.World.Services.GetRequiredService<IIndexRebuilder>().StartAsync(_world.Collection.Id, default);
        await _world.PublishAsync("e", "tern");

        Assert.True(await _world.Projection.RunAsync(version, null, default));

        Assert.Equal(0, await _world.ScalarAsync<long>("select count(*) from index_documents d join index_collections c using (version_id, collection_id) where d.weights <> c.weights"));
    }

    [Fact]
    public async Task What_cannot_be_written_in_the_searched_version_can_be_in_the_next_one()
    {
        var active = await _world.BeginAsync();
        await _world.FinishAsync(active);
        var building = await _world.BuildAsync(active);
        await _world.PublishAsync("d", "tern");
        _world.Relay.Fate = _ => _world.Relay.Requests[^1].Path.Contains(active.Name, StringComparison.Ordinal) ? new RelayFate.Answer(503) : RelayFate.Forward;

        Assert.False(await _world.Projection.RunAsync(active, null, default));
        Assert.True(await _world.Projection.RunAsync(building, null, default));

        Assert.True(_world.Projection.IsFailing);
        Assert.Equal(1, await _world.Qdrant.CountAsync(building.Name, [], default));
    }
}
