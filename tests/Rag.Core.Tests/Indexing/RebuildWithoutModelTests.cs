using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Indexing;
using Rag.Core.Storage;
using Rag.Core.Tests.Retrieval;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing;

/// <summary>An index is built anew from what the database has: the model, which is a server here, is not asked again.</summary>
public sealed class RebuildWithoutModelTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_new_version_in_Qdrant_is_built_and_searched_without_a_call_of_the_model()
    {
        await using var model = new ScriptedModel();
        await using var server = await QdrantServer.StartAsync();
        await using var world = await StartAsync(
            model, ("Rag:Index:Provider", "qdrant"), ("ConnectionStrings:vectors_http", $"Endpoint={server.Url};Key={server.ApiKey}"), ("Rag:Index:Qdrant:Prefix", server.Prefix));
        var collection = await FillAsync(world, model);
        var before = await ScalarAsync<int>(world, "select id from index_versions where state = 'active'");
        var calls = Calls(model);

        Assert.Equal(RebuildStart.Begun, await world.Services.GetRequiredService<IIndexRebuilder>().StartAsync(null, default));

        await Eventually.TrueAsync(async () => await ScalarAsync<int>(world, "select id from index_versions where state = 'active'") > before, "the new version is searched");
        await FindsAsync(world, collection);
        Assert.Equal(calls, Calls(model));
        Assert.Empty(await server.ViolationsAsync());
    }

    [Fact]
    public async Task The_embedded_index_is_loaded_anew_without_a_call_of_the_model()
    {
        await using var model = new ScriptedModel();
        await using var world = await StartAsync(model);
        var collection = await FillAsync(world, model);
        var head = await HeadAsync(world);
        var calls = Calls(model);

        Assert.Equal(RebuildStart.Begun, await world.Services.GetRequiredService<IIndexRebuilder>().StartAsync(null, default));

        Assert.Equal(head + 1, await HeadAsync(world));
        await FindsAsync(world, collection);
        Assert.Equal(calls, Calls(model));
    }

    private async Task<SearchWorld> StartAsync(ScriptedModel model, params (string Key, string Value)[] settings) => await SearchWorld.StartAsync(
        await postgres.CreateDatabaseAsync(),
        [
            ("Rag:Embedding:Provider", "openai"), ("Rag:Embedding:BaseUrl", model.BaseUrl.ToString()), ("Rag:Embedding:Model", "scripted"), ("Rag:Embedding:Dimensions", "8"),
            .. settings,
        ]);

    // Found once, so that the index has it.
    private static async Task<CollectionId> FillAsync(SearchWorld world, ScriptedModel model)
    {
        var collection = await world.CreateCollectionAsync("birds");
        for (var i = 0; i < 3; i++)
        {
            await world.PublishAsync(collection, $"d{i}", $"The arctic tern number {i}.");
        }

        await FindsAsync(world, collection.Id);
        Assert.True(Calls(model) >= 3);
        return collection.Id;
    }

    /// <summary>By vectors alone, so that they are there.</summary>
    private static async Task FindsAsync(SearchWorld world, CollectionId collection)
    {
        var index = world.Services.GetRequiredService<IIndexReader>();
        Assert.True(await index.WaitForAsync(collection, await HeadAsync(world), Patience, default));
        var hits = await index.SearchAsync(new IndexQuery { Collection = collection, Vector = new float[] { 1, 1, 1, 1, 1, 1, 1, 1 }, Depth = 10 }, default);
        Assert.Equal(3, hits.Dense?.Count);
    }

    private static int Calls(ScriptedModel model)
    {
        lock (model.Requests)
        {
            return model.Requests.Count;
        }
    }

    private static Task<long> HeadAsync(SearchWorld world) => ScalarAsync<long>(world, "select change_seq from collection_sequences");

    private static async Task<T?> ScalarAsync<T>(SearchWorld world, string sql)
    {
        await using var connection = await world.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        return await connection.Sql(sql).ScalarAsync<T>(default);
    }
}
