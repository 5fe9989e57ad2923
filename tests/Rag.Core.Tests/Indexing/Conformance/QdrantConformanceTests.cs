using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Qdrant;
using Rag.Core.Jobs;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Conformance;

public sealed class QdrantConformanceTests(PostgresFixture postgres) : IndexConformance(postgres), IClassFixture<PostgresFixture>
{
    private QdrantServer _server = null!;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        var violations = await _server.ViolationsAsync();
        await _server.DisposeAsync();
        Assert.Empty(violations);
    }

    [IndexFact]
    public async Task Its_collection_is_made_as_configured_and_has_its_payload_indexes_before_the_first_point()
    {
        await PublishRandomAsync(3);
        if (!_server.IsStandIn)
        {
            return;
        }

        var operations = _server.Journal().Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["create", "index", "index", "index", "index", "upsert"], operations.Take(6).Select(static o => o.GetProperty("operation").GetString()));
        var shape = operations[0].GetProperty("body");
        Assert.Equal(1, shape.GetProperty("write_consistency_factor").GetInt32());
        Assert.Equal(1, shape.GetProperty("replication_factor").GetInt32());
        Assert.Equal(2, shape.GetProperty("shard_number").GetInt32());
        Assert.True(shape.GetProperty("vectors").GetProperty("dense").GetProperty("on_disk").GetBoolean());
        Assert.True(shape.GetProperty("sparse_vectors").TryGetProperty("terms", out _));
        Assert.Equal("int8", shape.GetProperty("quantization_config").GetProperty("scalar").GetProperty("type").GetString());
        Assert.True(operations[1].GetProperty("body").GetProperty("field_schema").GetProperty("is_tenant").GetBoolean());
    }

    [IndexFact]
    public async Task A_document_is_ready_when_the_index_has_it()
    {
        await _server.KillAsync();
        var document = await World.PublishAwaitingIndexAsync(Collection, "waiting", "tern gull");
        Assert.Equal(("processing", "index"), await StateAsync(document));

        await _server.RestartAsync();

        await Eventually.TrueAsync(async () => await StateAsync(document) == ("ready", null), "the document is ready");
        var hits = await Index.SearchAsync(new IndexQuery { Collection = Collection.Id, Terms = [new TermWeight(TermOf("tern"), 1)], Depth = 5 }, default);
        Assert.Equal(document, Assert.Single(hits.Lexical).Document);
    }

    [IndexFact]
    public async Task Away_it_is_a_passing_failure_and_afterwards_it_serves_as_before()
    {
        await PublishRandomAsync(5);
        var query = new IndexQuery { Collection = Collection.Id, Terms = [new TermWeight(TermOf("tern"), 1), new TermWeight(TermOf("gull"), 1)], Depth = 5 };
        var before = await Index.SearchAsync(query, default);
        await _server.KillAsync();

        var problem = await Assert.ThrowsAsync<RagException>(() => Index.SearchAsync(query, default));
        Assert.Equal(("index-away", true), (problem.Code, problem.IsTransient));
        Assert.Contains("Rag:Index:Qdrant:Url", await World.Services.CheckIndexAsync(default), StringComparison.Ordinal);

        await _server.RestartAsync();
        Assert.Equal(before.Lexical, (await Index.SearchAsync(query, default)).Lexical);
        Assert.Null(await World.Services.CheckIndexAsync(default));
    }

    [IndexFact]
    public async Task What_was_booked_without_its_points_being_outdated_or_the_other_way_round_comes_right_when_it_is_done_again()
    {
        var documents = await PublishRandomAsync(20);
        // A projector killed between the points and the books has written points that nobody knows of; here for an older generation.
        var qdrant = World.Services.GetRequiredService<QdrantClient>();
        var name = await NameAsync();
        await qdrant.UpsertAsync(
            name,
            [new QdrantPoint(Collection.Id, documents[0], 4_000_000, 7, new SparseVector([1], [1]), null, new MetadataTokens(new HashSet<string>(), new Dictionary<string, IReadOnlyList<double>>()))],
            default);
        await World.ExecuteAsync("update index_documents set generation = 0; ");
        await World.ExecuteAsync("update index_collections set comparing = true");
        World.Services.GetRequiredService<StorageSignals>().Signal(StorageChannels.IndexChanges, Collection.Id.ToString());

        await SettledAsync();

        Assert.Equal(20, await qdrant.CountAsync(name, QdrantFilter.OfCollection(Collection.Id), default));
    }

    [IndexFact]
    public async Task Points_that_are_missing_or_unknown_are_found_and_put_right()
    {
        var documents = await PublishRandomAsync(12);
        var qdrant = World.Services.GetRequiredService<QdrantClient>();
        var name = await NameAsync();
        using var drift = new System.Diagnostics.Metrics.MeterListener();
        var counted = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        drift.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "rag.index.drift")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        drift.SetMeasurementEventCallback<long>((_, value, tags, _) => counted.AddOrUpdate((string)tags[0].Value!, value, (_, before) => before + value));
        drift.Start();

        // One goes and one comes, so that their number stays the same.
        await qdrant.DeleteAsync(name, QdrantFilter.Outdated(Collection.Id, [(documents[3], null)]), default);
        await qdrant.UpsertAsync(
            name,
            [new QdrantPoint(Collection.Id, DocumentId.New(), 1, 0, new SparseVector([1], [1]), null, new MetadataTokens(new HashSet<string>(), new Dictionary<string, IReadOnlyList<double>>()))],
            default);

        await Eventually.TrueAsync(() => Task.FromResult(counted.GetValueOrDefault("missing") == 1 && counted.GetValueOrDefault("unknown") == 1), "both are found");
        await Eventually.TrueAsync(async () => await qdrant.CountAsync(name, QdrantFilter.Outdated(Collection.Id, [(documents[3], null)]), default) == 1, "what was missing is there again");
        Assert.Equal(12, await qdrant.CountAsync(name, QdrantFilter.OfCollection(Collection.Id), default));
    }

    [IndexFact]
    public async Task A_document_that_the_books_have_lost_is_booked_again_without_counting_twice()
    {
        var documents = await PublishRandomAsync(6);
        await World.ExecuteAsync("update index_documents set generation = generation - 1 where document_id = $1", documents[2].Value);

        await Eventually.TrueAsync(
            async () => await ScalarAsync<bool>("select bool_and(i.generation = d.active_generation) from index_documents i join documents d on d.id = i.document_id"),
            "the books agree with the documents");
        await SettledAsync();
        Assert.Equal(6, await ScalarAsync<long>("select chunks from index_collections"));
    }

    [IndexFact]
    public async Task A_collection_that_Qdrant_has_lost_is_made_and_filled_again()
    {
        await PublishRandomAsync(15);
        var qdrant = World.Services.GetRequiredService<QdrantClient>();
        var name = await NameAsync();

        await qdrant.DropAsync(name, default);

        await Eventually.TrueAsync(
            async () => await qdrant.ExistsAsync(name, default) && await qdrant.CountAsync(name, QdrantFilter.OfCollection(Collection.Id), default) == 15,
            "every point is there again");
        await SettledAsync();
    }

    [IndexFact]
    public async Task A_projector_that_was_replaced_books_nothing()
    {
        var documents = await PublishRandomAsync(3);
        var books = World.Services.GetRequiredService<ProjectionBooks>();
        var mine = await books.TakeOverAsync(Projection.Provider, default);
        var version = Assert.Single(await books.VersionsAsync(Projection.Provider, mine, default));
        await books.TakeOverAsync(Projection.Provider, default);

        await Assert.ThrowsAsync<ProjectorReplacedException>(
            () => books.CommitAsync(new ProjectionBatch(version, Collection.Id, [new ProjectedDocument(documents[0], null)], 99), default));
    }

    [IndexFact]
    public async Task Leftovers_are_removed_while_a_projector_holds_its_lock()
    {
        // One that is projected shows that somebody holds it.
        await PublishRandomAsync(1);
        await using var other = NpgsqlDataSource.Create(World.ConnectionString);
        var blobs = new FileBlobStore(Options.Create(new BlobOptions()), TimeProvider.System);
        var sweeper = new Sweeper(new Database(other), blobs, Options.Create(new JobOptions()), TimeProvider.System, NullLogger<Sweeper>.Instance);

        Assert.NotNull(await sweeper.SweepAsync(new SweepAges(), includeFiles: false, default));
    }

    [IndexFact]
    public async Task A_version_is_built_beside_the_one_that_is_searched_and_then_takes_its_place()
    {
        await PublishRandomAsync(40);
        var before = await NameAsync();
        var books = World.Services.GetRequiredService<ProjectionBooks>();

        await books.CreateAsync(Projection.Provider, _server.Prefix, null, default);

        await Eventually.TrueAsync(async () => await NameAsync() != before, "the new version is searched");
        var hits = await Index.SearchAsync(new IndexQuery { Collection = Collection.Id, Terms = [new TermWeight(TermOf("tern"), 1)], Depth = 100 }, default);
        Assert.NotEmpty(hits.Lexical);
        Assert.Equal(40, await World.Services.GetRequiredService<QdrantClient>().CountAsync(await NameAsync(), QdrantFilter.OfCollection(Collection.Id), default));
    }

    protected override async Task<IReadOnlyList<(string Key, string Value)>> SettingsAsync()
    {
        _server = await QdrantServer.StartAsync();
        return
        [
            ("Rag:Index:Provider", "qdrant"), ("ConnectionStrings:vectors_http", $"Endpoint={_server.Url};Key={_server.ApiKey}"),
            ("Rag:Index:Qdrant:Prefix", _server.Prefix), ("Rag:Index:Qdrant:Shards", "2"), ("Rag:Index:Qdrant:VectorsOnDisk", "true"),
            ("Rag:Index:Qdrant:Quantization", "Int8"), ("Rag:Index:Qdrant:CompareInterval", "00:00:01"),
        ];
    }

    private protected override Task SettledAsync() => Eventually.TrueAsync(
        async () => !await ScalarAsync<bool>("select exists (select 1 from index_collections where comparing or not loaded)"), "the index has come to rest");

    private static long TermOf(string word)
    {
        var terms = new List<Rag.Core.Indexing.Analysis.AnalyzedTerm>();
        Rag.Core.Indexing.Analysis.Analyzers.ForLanguage("en").Analyze(word, terms);
        return Assert.Single(terms).Hash;
    }

    private async Task<(string Status, string? Stage)> StateAsync(DocumentId document) =>
        (await ScalarAsync<string>($"select status from documents where id = '{document}'") ?? "", await ScalarAsync<string>($"select stage from documents where id = '{document}'"));

    private async Task<string> NameAsync() => await ScalarAsync<string>("select name from index_versions where state = 'active'") ?? "";

    private async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = await World.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        return await connection.Sql(sql).ScalarAsync<T>(default);
    }
}
