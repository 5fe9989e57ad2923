using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Indexing.Embedded;
using Rag.Core.Retrieval;
using Rag.Testing;

namespace Rag.Core.Tests.Retrieval;

/// <summary>How collections come into memory, leave it, and what they were analysed by.</summary>
public sealed class LoadingTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_first_load_goes_on_when_the_one_who_asked_first_gives_up()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var world = await SearchWorld.StartAsync(database);
        var collection = await world.CreateCollectionAsync("slow");
        await world.PublishAsync(collection, "a", "The pump is blue.");
        var index = world.Services.GetRequiredService<EmbeddedIndex>();

        await using var source = NpgsqlDataSource.Create(database);
        await using (var blocker = await source.OpenConnectionAsync())
        await using (var transaction = await blocker.BeginTransactionAsync())
        {
            await using var hold = new NpgsqlCommand("lock table documents in access exclusive mode", blocker);
            await hold.ExecuteNonQueryAsync();
            using var hasty = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.AnalyzersAsync(collection.Id, hasty.Token));
            Assert.Empty(index.Loaded);
        }

        // Nobody asks again.
        await UntilAsync(() => index.Loaded.Count == 1);
    }

    [Fact]
    public async Task What_cannot_be_read_in_time_is_not_waited_for_and_does_not_fail()
    {
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync());
        var collection = await world.CreateCollectionAsync("broken");
        await world.PublishAsync(collection, "a", "The pump is blue.");
        var index = world.Services.GetRequiredService<EmbeddedIndex>();
        await index.AnalyzersAsync(collection.Id, default);

        await world.ExecuteAsync("alter table index_changes rename to elsewhere");
        Assert.False(await index.WaitForAsync(collection.Id, 1000, TimeSpan.FromSeconds(5), default));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.WaitForAsync(collection.Id, 1000, TimeSpan.FromSeconds(5), cancelled.Token));
    }

    [Fact]
    public async Task A_collection_that_nobody_searches_leaves_the_memory_and_comes_back_when_somebody_does()
    {
        var time = new ManualTime();
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync(), time, ("Rag:Index:UnloadAfter", "00:10:00"));
        var (idle, used) = (await world.CreateCollectionAsync("idle"), await world.CreateCollectionAsync("used"));
        await world.PublishAsync(idle, "a", "The pump is blue.");
        await world.PublishAsync(used, "a", "The pump is red.");
        var index = world.Services.GetRequiredService<EmbeddedIndex>();
        Assert.Single((await SearchAsync(world, idle, "pump")).Evidence);
        Assert.Single((await SearchAsync(world, used, "pump")).Evidence);
        Assert.Equal(2, index.Loaded.Count);

        time.Advance(TimeSpan.FromMinutes(6));
        Assert.Single((await SearchAsync(world, used, "pump")).Evidence);
        time.Advance(TimeSpan.FromMinutes(6));
        // It is the follower who forgets, by itself.
        await UntilAsync(() => index.Loaded.Count == 1);
        Assert.Equal(used.Id, index.Loaded[0].Collection);

        await world.PublishAsync(idle, "b", "The pump is green.");
        Assert.Equal(2, (await SearchAsync(world, idle, "pump")).Evidence.Count);
    }

    [Fact]
    public async Task Documents_analysed_in_another_way_than_the_newest_are_found_and_the_search_says_so()
    {
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync());
        var collection = await world.CreateCollectionAsync("moved", "de");
        // Before its language was set to German.
        await world.PublishAsync(collection, [new NewDocument("old", "Glaciers are melting; die Gletscher schmelzen.", Language: "en")]);
        var only = await SearchAsync(world, collection, "melted glacier");
        Assert.Single(only.Evidence);
        Assert.Contains("en-1", only.Notice, StringComparison.Ordinal);
        Assert.Equal(["Glaciers", "melting"], only.Evidence[0].Highlights.Select(h => only.Evidence[0].Text[h.Start..h.End]));

        await world.PublishAsync(collection, "new", "Die Häuser am Gletscher.");
        Assert.Single((await SearchAsync(world, collection, "melted glacier")).Evidence);
        var both = await SearchAsync(world, collection, "Haus Gletscher");
        Assert.Equal(["new", "old"], both.Evidence.Select(static e => e.SourceId).Order(StringComparer.Ordinal));
        Assert.NotNull(both.Notice);

        await world.PublishAsync(collection, "old", "Die Gletscher schmelzen.");
        Assert.Null((await SearchAsync(world, collection, "Gletscher")).Notice);
        await world.ExecuteAsync("update generations set analyzer = 'de-0'");
        await using var later = await SearchWorld.StartAsync(world.ConnectionString);
        Assert.Contains("de-0, which this version does not have", (await SearchAsync(later, collection, "Gletscher")).Notice, StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_version_that_still_exists_is_used_for_what_it_made()
    {
        var (newest, older) = (Analyzers.ForLanguage("en"), new Named("en-0"));
        IAnalyzer? Find(string version) => version == newest.Version ? newest : version == older.Version ? older : null;

        Assert.Equal((newest, null), (StoredAnalyzers.For("en", [], Find).Main, StoredAnalyzers.For("en", [newest.Version], Find).Notice));
        var old = StoredAnalyzers.For("en", ["en-0"], Find);
        Assert.Same(older, old.Main);
        Assert.NotNull(old.Notice);
        var mixed = StoredAnalyzers.For("en", ["en-0", newest.Version], Find);
        Assert.Same(newest, mixed.Main);
        Assert.Same(older, Assert.Single(mixed.Others));
    }

    [Fact]
    public async Task Many_dead_candidates_are_checked_in_few_steps()
    {
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync());
        var collection = await world.CreateCollectionAsync("dead");
        var documents = await world.PublishAsync(collection, [.. Enumerable.Range(0, 400).Select(static i => new NewDocument($"d{i}", "Seal of the lock."))]);
        // Equal in score, they come in the order of their ids: all but the last wanted one are there at once.
        var gone = documents.Order(Comparer<DocumentId>.Create(static (a, b) => a.Value.CompareTo(b.Value))).Skip(4).Take(300).Select(static d => d.Value).ToArray();
        await world.ExecuteAsync("update documents set active_generation = null where id = any($1)", gone);
        await SearchAsync(world, collection, "seal");

        var statements = 0;
        using var activity = new Activity("search").Start();
        var trace = activity.TraceId;
        using var listener = new ActivityListener
        {
            ShouldListenTo = static s => s.Name == "Npgsql",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = a => statements += a.TraceId == trace ? 1 : 0,
        };
        ActivitySource.AddActivityListener(listener);
        var result = await world.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = "seal", Limit = 5, Rerank = false }, default);
        Assert.Equal(5, result.Evidence.Count);
        Assert.InRange(statements, 1, 12);
    }

    private static Task<SearchResult> SearchAsync(SearchWorld world, Collection collection, string text) =>
        world.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = text }, default);

    private static async Task UntilAsync(Func<bool> holds)
    {
        var started = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Patience, "It did not happen in time.");
            await Task.Delay(20);
        }
    }

    private sealed class Named(string version) : IAnalyzer
    {
        public string Version => version;

        public void Analyze(string text, ICollection<AnalyzedTerm> terms)
        {
        }
    }
}
