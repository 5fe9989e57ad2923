using Rag.Core.Documents;
using Rag.Core.Retrieval;
using Rag.Testing;

namespace Rag.Core.Tests.Retrieval;

/// <summary>Search as a service does it, over Qdrant.</summary>
public sealed class QdrantSearchTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Dense_search_goes_by_vectors_alone_and_hybrid_search_by_both()
    {
        await using var server = await QdrantServer.StartAsync();
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync(), [("Rag:Embedding:Provider", "local"), .. Settings(server)]);
        var collection = await world.CreateCollectionAsync("vectors");
        await world.PublishAsync(collection, "glacier", "Glaciers of the northern valley are melting.");
        await world.PublishAsync(collection, "bakery", "The bakery sells rye bread.");

        var dense = await SearchAsync(world, collection, "melting glaciers", SearchMode.Dense);
        Assert.Equal((SearchMode.Dense, "glacier", null), (dense.Mode, dense.Evidence[0].SourceId, dense.Notice));
        Assert.All(dense.Evidence, static e => Assert.True(e.Scores is { Dense: not null, Lexical: null, Fused: null }));

        var hybrid = await SearchAsync(world, collection, "melting glaciers", SearchMode.Hybrid);
        Assert.Equal((SearchMode.Hybrid, "glacier", null), (hybrid.Mode, hybrid.Evidence[0].SourceId, hybrid.Notice));
        Assert.True(hybrid.Evidence[0].Scores.Fused > 0);
    }

    [Fact]
    public async Task Where_the_index_has_no_vectors_dense_search_goes_by_words_and_says_so()
    {
        await using var server = await QdrantServer.StartAsync();
        var database = await postgres.CreateDatabaseAsync();
        Collection collection;
        await using (var before = await SearchWorld.StartAsync(database, [.. Settings(server)]))
        {
            collection = await before.CreateCollectionAsync("words");
            await before.PublishAsync(collection, "glacier", "Glaciers of the northern valley are melting.");
            Assert.Single((await SearchAsync(before, collection, "glaciers", SearchMode.Lexical)).Evidence);
        }

        await using var after = await SearchWorld.StartAsync(database, [("Rag:Embedding:Provider", "local"), .. Settings(server)]);
        foreach (var mode in (SearchMode[])[SearchMode.Dense, SearchMode.Hybrid])
        {
            var result = await SearchAsync(after, collection, "glaciers", mode);
            Assert.Equal((SearchMode.Lexical, "glacier"), (result.Mode, Assert.Single(result.Evidence).SourceId));
            Assert.Contains("vectors", result.Notice, StringComparison.Ordinal);
        }
    }

    private static (string Key, string Value)[] Settings(QdrantServer server) =>
    [
        ("Rag:Index:Provider", "qdrant"), ("ConnectionStrings:vectors_http", $"Endpoint={server.Url};Key={server.ApiKey}"),
        ("Rag:Index:Qdrant:Prefix", server.Prefix), ("Rag:Index:StaleWait", "00:00:30"),
    ];

    private static async Task<SearchResult> SearchAsync(SearchWorld world, Collection collection, string text, SearchMode mode)
    {
        // Nothing is built before the worker has begun: until then the index says that it is away.
        SearchResult? result = null;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    result = await world.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = text, Mode = mode }, default);
                    return !result.Stale;
                }
                catch (RagException e) when (e.IsTransient)
                {
                    return false;
                }
            },
            "the index has what was published");
        return result!;
    }
}
