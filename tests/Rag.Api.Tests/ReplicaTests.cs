using System.Collections.Concurrent;
using System.Text;
using Npgsql;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Api.Tests;

/// <summary>
/// Two API and three worker processes on one database, as a cluster has them: Qdrant beside them, originals in the database, and no folder
/// that they share.
/// </summary>
[Collection(Postgres.Name)]
public sealed class ReplicaTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const string Collection = "shared";
    private const int Documents = 40;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly List<ServiceProcess> _workers = [];
    private readonly List<ServiceProcess> _apis = [];
    private QdrantServer _qdrant = null!;
    private string _database = null!;

    public async Task InitializeAsync()
    {
        _database = await postgres.CreateDatabaseAsync();
        _qdrant = await QdrantServer.StartAsync();
        for (var i = 0; i < 2; i++)
        {
            _apis.Add(StartApi("qdrant"));
        }

        for (var i = 0; i < 3; i++)
        {
            _workers.Add(StartWorker());
        }

        foreach (var process in _apis.Concat(_workers))
        {
            await process.WaitUntilOkAsync("/health/ready", Limit);
        }

        await Client(0).CreateCollectionAsync(new CreateCollection(Collection));
    }

    public async Task DisposeAsync()
    {
        foreach (var process in _apis.Concat(_workers))
        {
            await process.DisposeAsync();
        }

        if (_qdrant is not null)
        {
            await _qdrant.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_one_replica_acknowledges_the_other_shows_whoever_is_killed()
    {
        using var limit = new CancellationTokenSource(Limit);
        var ready = new ConcurrentDictionary<Guid, int>();
        var following = FollowAsync(Client(1), ready, limit.Token);

        // In through both, while each worker is killed once, the one that writes the index among them.
        var ids = new List<Guid>();
        for (var i = 0; i < Documents; i++)
        {
            var name = $"d{i}.txt";
            var content = new MemoryStream(Encoding.UTF8.GetBytes($"Lighthouse number{i} has a lamp of its own, and a keeper who winds it."));
            ids.Add((await Client(i % 2).UploadAsync(Collection, [new UploadFile(name, content, "text/plain")], new UploadOptions(name), cancellationToken: limit.Token)).Items[0].Id!.Value);
            if (i % 10 == 5 && i / 10 < _workers.Count)
            {
                await _workers[i / 10].KillAsync();
                _workers[i / 10] = StartWorker();
            }
        }

        // Each is ready for a client of the other API, and found there at once.
        await Eventually.TrueAsync(() => Task.FromResult(ids.TrueForAll(ready.ContainsKey)), Limit, $"every document is announced as ready ({string.Join(" | ", _workers.Select(static w => w.Output))})");
        for (var i = 0; i < Documents; i++)
        {
            var found = await Client(i % 2).SearchAsync(Collection, new SearchRequest($"number{i} lighthouse", 3), limit.Token);
            Assert.False(found.Stale);
            Assert.Equal(ids[i], found.Evidence[0].DocumentId);
        }

        // No job was done twice, and nobody was told twice.
        Assert.All(ids, id => Assert.Equal(1, ready[id]));
        Assert.Equal(Documents, await ScalarAsync("select count(*) from chunks"));
        Assert.Equal(Documents, await ScalarAsync("select count(*) from jobs where state = 'done'"));
        Assert.Equal(Documents, (await Client(0).GetIndexAsync(cancellationToken: limit.Token)).Indexed);

        // Gone through one, gone through the other; and the original comes out of the database.
        await Client(0).DeleteDocumentAsync(Collection, ids[0], limit.Token);
        Assert.DoesNotContain((await Client(1).SearchAsync(Collection, new SearchRequest("number0 lighthouse"), limit.Token)).Evidence, e => e.DocumentId == ids[0]);
        await using (var original = await Client(1).OpenContentAsync(Collection, ids[1], limit.Token))
        {
            using var reader = new StreamReader(original.Stream);
            Assert.StartsWith("Lighthouse number1 ", await reader.ReadToEndAsync(limit.Token), StringComparison.Ordinal);
        }

        await RebuildWhileSearchingAsync(ids, limit.Token);
        await SwitchToEmbeddedAsync(ids, limit.Token);
        Assert.Empty(await _qdrant.ViolationsAsync());
        await limit.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
    }

    private async Task RebuildWhileSearchingAsync(List<Guid> ids, CancellationToken cancellationToken)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var searching = Task.Run(
            async () =>
            {
                var searches = 0;
                for (; !until.IsCancellationRequested; searches++)
                {
                    var found = await Client(1).SearchAsync(Collection, new SearchRequest("number7 lighthouse", 1), cancellationToken);
                    Assert.Equal(ids[7], found.Evidence[0].DocumentId);
                }

                return searches;
            },
            cancellationToken);
        var status = await Client(0).ReindexAsync(cancellationToken: cancellationToken);
        Assert.Equal((RebuildStart.Begun, true, false), (status.Rebuild, status.Building, status.Filling));
        await Eventually.BecomesAsync(async () => status = await Client(0).GetIndexAsync(cancellationToken: cancellationToken), static s => !s.Building, Limit);
        await until.CancelAsync();

        Assert.True(await searching > 0);
        Assert.Equal((Documents - 1L, Documents - 1L), (status.Documents, status.Indexed));
        Assert.Null(status.Rebuild);
    }

    // A change of configuration; the database has everything that the other index needs.
    private async Task SwitchToEmbeddedAsync(List<Guid> ids, CancellationToken cancellationToken)
    {
        await using var api = StartApi("embedded");
        await api.WaitUntilOkAsync("/health/ready", Limit);
        var client = Client(api);
        Assert.Equal("embedded", (await client.ReindexAsync(Collection, cancellationToken)).Provider);
        Assert.Equal(ids[9], (await client.SearchAsync(Collection, new SearchRequest("number9 lighthouse", 1), cancellationToken)).Evidence[0].DocumentId);
    }

    private static async Task FollowAsync(RagClient client, ConcurrentDictionary<Guid, int> ready, CancellationToken cancellationToken)
    {
        await foreach (var happened in client.FollowEventsAsync(Collection, cancellationToken: cancellationToken))
        {
            if (happened is CollectionEvent.DocumentChanged { Status: DocumentStatus.Ready } change)
            {
                ready.AddOrUpdate(change.DocumentId, 1, static (_, count) => count + 1);
            }
        }
    }

    private RagClient Client(int api) => Client(_apis[api]);

    private static RagClient Client(ServiceProcess api) => RagClient.Create(api.BaseAddress, ApiHost.Key);

    private ServiceProcess StartApi(string index) => ServiceProcess.Start("Rag.Api", "rag-api", new Dictionary<string, string>(Shared(index))
    {
        ["Rag__Auth__BootstrapKey"] = ApiHost.Key,
    });

    private ServiceProcess StartWorker() => ServiceProcess.Start("Rag.Ingest", "rag-ingest", Shared("qdrant"));

    private Dictionary<string, string> Shared(string index) => new()
    {
        ["ConnectionStrings__ragdb"] = _database,
        ["ConnectionStrings__vectors_http"] = $"Endpoint={_qdrant.Url};Key={_qdrant.ApiKey}",
        ["Rag__Blobs__Provider"] = "postgres",
        ["Rag__Index__Provider"] = index,
        ["Rag__Index__Qdrant__Prefix"] = _qdrant.Prefix,
    };

    private async Task<long> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        return await connection.Sql(sql).ScalarAsync<long>(default);
    }
}
