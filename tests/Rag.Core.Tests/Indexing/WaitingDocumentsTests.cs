using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Rag.Core.Storage;
using Rag.Core.Tests.Retrieval;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing;

[Collection(PostgresCollection.Name)]
public sealed class WaitingDocumentsTests(PostgresFixture postgres)
{
    [Fact]
    public async Task What_a_worker_with_the_other_index_stores_later_becomes_ready_too()
    {
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync());
        var collection = await world.CreateCollectionAsync("rolling");

        // The second comes when the first is known to have been found.
        foreach (var name in (string[])["first", "second"])
        {
            var document = await world.PublishAwaitingIndexAsync(collection, name, "tern gull");
            await Eventually.TrueAsync(
                async () =>
                {
                    await using var connection = await world.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
                    return await connection.Sql("select status = 'ready' and stage is null and ready_at is not null from documents where id = $1", document.Value).ScalarAsync<bool>(default);
                },
                $"the {name} document is ready");
        }
    }
}
