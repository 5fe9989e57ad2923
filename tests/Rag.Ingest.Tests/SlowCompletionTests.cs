using Microsoft.Extensions.DependencyInjection;
using Rag.Core.Documents;
using Rag.Core.Extraction;
using Rag.Testing;
using RagPlatform.ServiceDefaults.Health;

namespace Rag.Ingest.Tests;

/// <summary>A worker whose lease and statements have little time, over a database that takes much of it.</summary>
[Collection(PostgresCollection.Name)]
public sealed class SlowCompletionTests(PostgresFixture postgres) : IAsyncLifetime
{
    private TestEngine _engine = null!;
    private Collection _collection = null!;

    public async Task InitializeAsync()
    {
        _engine = await TestEngine.StartAsync(
            postgres,
            new Dictionary<string, string?> { ["Rag:Jobs:Lease"] = "00:00:02", ["Rag:Storage:CommandTimeout"] = "00:00:05" },
            configure: static (services, _) =>
            {
                services.AddSingleton<IDocumentExtractor>(new ScriptedExtractor());
                services.AddSingleton<Draining>();
                services.AddIngestWorker();
            });
        _collection = await _engine.CreateCollectionAsync();
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    [Fact]
    public async Task A_completion_that_takes_longer_than_the_lease_is_not_taken_for_a_lost_one()
    {
        await _engine.ExecuteAsync(
            """
            create function slow() returns trigger language plpgsql as $f$ begin
                if new.status = 'ready' then perform pg_sleep(8); end if; return new; end $f$;
            create trigger slow before update on documents for each row execute function slow();
            """);

        var document = await StoredDocuments.ReadyAsync(_engine, (await _engine.SubmitAsync(_collection, "slow to finish")).Document);

        Assert.Equal((DocumentStatus.Ready, 1), (document.Status, document.Attempts));
        Assert.Equal((0, 1), (await _engine.ScalarAsync<int>("select losses from jobs"), (int)await _engine.ScalarAsync<long>("select count(*) from generations")));
    }
}
