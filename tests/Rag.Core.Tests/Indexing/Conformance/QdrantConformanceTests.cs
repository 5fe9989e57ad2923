using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Qdrant;
using Rag.Core.Retrieval;
using Rag.Core.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Conformance;

public sealed class QdrantConformanceTests(PostgresFixture postgres) : IndexConformance(postgres), IClassFixture<PostgresFixture>
{
    private QdrantServer _server = null!;
    private QdrantRelay _relay = null!;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _relay.DisposeAsync();
        var violations = await _server.ViolationsAsync();
        await _server.DisposeAsync();
        Assert.Empty(violations);
    }

    [Fact]
    public async Task Its_collection_is_made_as_configured_and_has_its_payload_indexes_before_the_first_point()
    {
        await PublishRandomAsync(3);

        var name = await NameAsync();
        var changes = _relay.Requests.Where(static r => r.Method == "PUT").ToList();
        Assert.Equal(
            [$"/collections/{name}", .. Enumerable.Repeat($"/collections/{name}/index?wait=true", 4), $"/collections/{name}/points?wait=true"],
            changes.Take(6).Select(static c => c.Path));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(
                """
                {
                  "vectors": { "dense": { "size": 256, "distance": "Dot", "on_disk": true } },
                  "sparse_vectors": { "terms": { "index": { "on_disk": true } } },
                  "shard_number": 2, "replication_factor": 3, "write_consistency_factor": 2, "on_disk_payload": false,
                  "quantization_config": { "scalar": { "type": "int8", "quantile": 0.99, "always_ram": true } }
                }
                """),
            JsonNode.Parse(changes[0].Body)), changes[0].Body);
        Assert.Equal(
            [
                """{"field_name":"collection","field_schema":{"type":"keyword","is_tenant":true}}""",
                """{"field_name":"document","field_schema":{"type":"keyword"}}""",
                """{"field_name":"generation","field_schema":{"type":"integer","lookup":true,"range":true}}""",
                """{"field_name":"values","field_schema":{"type":"keyword"}}""",
            ],
            changes.Skip(1).Take(4).Select(static c => c.Body));
        var point = JsonNode.Parse(changes[5].Body)!["points"]![0]!;
        Assert.Equal(256, point["vector"]!["dense"]!.AsArray().Count);
        Assert.Equal(point["vector"]!["terms"]!["indices"]!.AsArray().Count, point["vector"]!["terms"]!["values"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_search_by_both_is_one_call_in_which_each_retriever_has_the_filter()
    {
        await PublishRandomAsync(5);
        var before = _relay.Requests.Count;

        await Index.SearchAsync(
            new IndexQuery { Collection = Collection.Id, Terms = [new TermWeight(TermOf("tern"), 1)], Vector = await EmbedAsync("tern"), Filter = new MetadataFilter.Equal("lang", "en"), Depth = 7 },
            default);

        var call = Assert.Single(_relay.Requests.Skip(before), static r => r.Path.EndsWith("/points/query", StringComparison.Ordinal));
        var body = JsonNode.Parse(call.Body)!;
        Assert.Equal("""{"rrf":{"k":2}}""", body["query"]!.ToJsonString());
        Assert.Equal(["terms", "dense"], body["prefetch"]!.AsArray().Select(static p => (string)p!["using"]!));
        foreach (var prefetch in body["prefetch"]!.AsArray())
        {
            Assert.Equal(7, (int)prefetch!["limit"]!);
            Assert.Equal(2, prefetch["filter"]!["must"]!.AsArray().Count);
            Assert.Contains(Collection.Id.ToString(), prefetch["filter"]!.ToJsonString(), StringComparison.Ordinal);
        }

        // Vectors are held as bytes too: those decide who is looked at, not the order.
        Assert.True((bool)body["prefetch"]![1]!["params"]!["quantization"]!["rescore"]!);
    }

    [Fact]
    public async Task Whatever_request_a_projector_is_cut_off_at_what_follows_comes_right()
    {
        using var drift = new DriftCount();
        var documents = await PublishRandomAsync(10);
        var versions = World.Services.GetRequiredService<IndexVersions>();
        foreach (var (step, fate) in from step in (string[])["exists", "create", "index", "points", "delete"] from fate in (RelayFate[])[RelayFate.Lose, RelayFate.LoseAnswer] select (step, fate))
        {
            // A projector that loses a request gives up and begins anew, as another process would: nothing of it is kept in memory. Only one request
            // is lost, and in the version that is built: a second loss would have the first one's work done again in any case.
            var before = await NameAsync();
            var losses = 0;
            _relay.Fate = request => Step(request, before) == step && Interlocked.Increment(ref losses) == 1 ? fate : RelayFate.Forward;
            await versions.CreateAsync(Projection.Provider, _server.Prefix, World.Services.GetRequiredService<IEmbedder>().Space, default);
            await ReplaceAsync(documents.Take(2));

            await Eventually.TrueAsync(async () => await NameAsync() != before, TimeSpan.FromMinutes(1), $"a version that lost '{step}' is searched");
            await CaughtUpAsync();
            Assert.True(losses > 0, $"There was no '{step}' to lose.");
            var hits = await Index.SearchAsync(new IndexQuery { Collection = Collection.Id, Terms = [new TermWeight(TermOf("tern"), 1)], Depth = 100 }, default);
            AssertSame(Expected("tern", hits.AverageLength), hits.Lexical, 100);
            Assert.Equal(documents.Count, await World.Services.GetRequiredService<QdrantClient>().CountAsync(await NameAsync(), QdrantFilter.OfCollection(Collection.Id), default));
            Assert.Equal(documents.Count, await ScalarAsync<long>("select sum(i.chunks)::bigint from index_collections i join index_versions v on v.id = i.version_id where v.state = 'active'"));
        }

        // By itself, not because what was booked without being there was found and put right afterwards.
        Assert.Equal(0, drift.Of("missing"));
    }

    [Fact]
    public async Task A_document_is_ready_when_the_index_has_it()
    {
        _relay.Cut();
        var document = await World.PublishAwaitingIndexAsync(Collection, "waiting", "tern gull");
        Assert.Equal(("processing", "index"), await StateAsync(document));

        _relay.Open();

        await Eventually.TrueAsync(async () => await StateAsync(document) == ("ready", null), "the document is ready");
        var hits = await Index.SearchAsync(new IndexQuery { Collection = Collection.Id, Terms = [new TermWeight(TermOf("tern"), 1)], Depth = 5 }, default);
        Assert.Equal(document, Assert.Single(hits.Lexical).Document);
    }

    [Fact]
    public async Task Away_it_is_a_passing_failure_and_afterwards_it_serves_as_before()
    {
        await PublishRandomAsync(5);
        var query = new IndexQuery { Collection = Collection.Id, Terms = [new TermWeight(TermOf("tern"), 1), new TermWeight(TermOf("gull"), 1)], Depth = 5 };
        var before = await Index.SearchAsync(query, default);
        _relay.Cut();

        var problem = await Assert.ThrowsAsync<RagException>(() => Index.SearchAsync(query, default));
        Assert.Equal(("index-away", true), (problem.Code, problem.IsTransient));
        Assert.Contains("Rag:Index:Qdrant:Url", await World.Services.CheckIndexAsync(default), StringComparison.Ordinal);

        _relay.Open();
        Assert.Equal(before.Lexical, (await Index.SearchAsync(query, default)).Lexical);
        Assert.Null(await World.Services.CheckIndexAsync(default));
    }

    [Fact]
    public async Task What_was_booked_without_its_points_being_outdated_or_the_other_way_round_comes_right_when_it_is_done_again()
    {
        var documents = await PublishRandomAsync(20);
        // A projector killed between the points and the books has written points that nobody knows of; here for an older generation.
        var qdrant = World.Services.GetRequiredService<QdrantClient>();
        var name = await NameAsync();
        await qdrant.UpsertAsync(
            name,
            [new QdrantPoint(Collection.Id, documents[0], 0, 7, new SparseVector([1], [1]), null, new MetadataTokens(new HashSet<string>(), new Dictionary<string, IReadOnlyList<double>>()))],
            default);
        await World.ExecuteAsync("update index_documents set generation = 0; ");
        await World.ExecuteAsync("update index_collections set comparing = true");
        World.Services.GetRequiredService<StorageSignals>().Signal(StorageChannels.IndexChanges, Collection.Id.ToString());

        await SettledAsync();

        Assert.Equal(20, await qdrant.CountAsync(name, QdrantFilter.OfCollection(Collection.Id), default));
    }

    [Fact]
    public async Task Points_that_are_missing_or_unknown_are_found_and_put_right()
    {
        var documents = await PublishRandomAsync(12);
        var qdrant = World.Services.GetRequiredService<QdrantClient>();
        var name = await NameAsync();
        using var drift = new DriftCount();

        // One goes and one comes, so that their number stays the same.
        await qdrant.DeleteAsync(name, QdrantFilter.Outdated(Collection.Id, [(documents[3], null)]), default);
        await qdrant.UpsertAsync(
            name,
            [new QdrantPoint(Collection.Id, DocumentId.New(), 1, 0, new SparseVector([1], [1]), null, new MetadataTokens(new HashSet<string>(), new Dictionary<string, IReadOnlyList<double>>()))],
            default);

        await Eventually.TrueAsync(() => Task.FromResult(drift.Of("missing") == 1 && drift.Of("unknown") == 1), "both are found");
        await Eventually.TrueAsync(async () => await qdrant.CountAsync(name, QdrantFilter.Outdated(Collection.Id, [(documents[3], null)]), default) == 1, "what was missing is there again");
        Assert.Equal(12, await qdrant.CountAsync(name, QdrantFilter.OfCollection(Collection.Id), default));
    }

    [Fact]
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

    [Fact]
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

    [Fact]
    public async Task A_projector_that_was_replaced_books_nothing()
    {
        var documents = await PublishRandomAsync(3);
        var books = World.Services.GetRequiredService<ProjectionBooks>();
        var versions = World.Services.GetRequiredService<IndexVersions>();
        var mine = await versions.TakeOverAsync(Projection.Provider, default);
        var version = Assert.Single(await versions.ListAsync(Projection.Provider, mine, default));
        await versions.TakeOverAsync(Projection.Provider, default);

        await Assert.ThrowsAsync<ProjectorReplacedException>(
            () => books.CommitAsync(new ProjectionBatch(version, Collection.Id, [new ProjectedDocument(documents[0], null)], 0, 99), default));
    }

    [Fact]
    public async Task A_document_that_waits_for_what_the_index_holds_already_is_made_ready()
    {
        var documents = await PublishRandomAsync(3);
        await World.ExecuteAsync("update documents set status = 'processing', stage = 'index' where id = $1", documents[1].Value);

        await Eventually.TrueAsync(async () => await StateAsync(documents[1]) == ("ready", null), "the document is ready");
    }

    [Fact]
    public async Task Sweeping_goes_on_beside_the_projector()
    {
        await PublishRandomAsync(1);
        await using var engine = await TestEngine.StartAsync(Postgres, new Dictionary<string, string?> { ["ConnectionStrings:ragdb"] = World.ConnectionString });

        Assert.NotNull(await engine.Get<Rag.Core.Jobs.Sweeper>().SweepAsync(new Rag.Core.Jobs.SweepAges(), includeFiles: false, default));
    }

    [Fact]
    public async Task A_version_is_built_beside_the_one_that_is_searched_and_then_takes_its_place()
    {
        await PublishRandomAsync(40);
        var before = await NameAsync();
        var versions = World.Services.GetRequiredService<IndexVersions>();

        await versions.CreateAsync(Projection.Provider, _server.Prefix, null, default);

        await Eventually.TrueAsync(async () => await NameAsync() != before, "the new version is searched");
        var hits = await Index.SearchAsync(new IndexQuery { Collection = Collection.Id, Terms = [new TermWeight(TermOf("tern"), 1)], Depth = 100 }, default);
        Assert.NotEmpty(hits.Lexical);
        Assert.Equal(40, await World.Services.GetRequiredService<QdrantClient>().CountAsync(await NameAsync(), QdrantFilter.OfCollection(Collection.Id), default));
    }

    protected override async Task<IReadOnlyList<(string Key, string Value)>> SettingsAsync()
    {
        _server = await QdrantServer.StartAsync();
        _relay = await QdrantRelay.StartAsync(_server.Url);
        return
        [
            ("Rag:Index:Provider", "qdrant"), ("ConnectionStrings:vectors_http", $"Endpoint={_relay.Url};Key={_server.ApiKey}"),
            ("Rag:Index:Qdrant:Prefix", _server.Prefix), ("Rag:Index:Qdrant:Shards", "2"), ("Rag:Index:Qdrant:ReplicationFactor", "3"), ("Rag:Index:Qdrant:WriteConsistencyFactor", "2"), ("Rag:Index:Qdrant:VectorsOnDisk", "true"), ("Rag:Index:Qdrant:PayloadOnDisk", "false"),
            ("Rag:Index:Qdrant:Quantization", "Int8"), ("Rag:Index:Qdrant:CompareInterval", "00:00:01"),
        ];
    }

    private protected override Task GoneAsync(CollectionId collection) => Eventually.TrueAsync(
        async () => await World.Services.GetRequiredService<QdrantClient>().CountAsync(await NameAsync(), QdrantFilter.OfCollection(collection), default) == 0
            && !await ScalarAsync<bool>($"select exists (select 1 from index_documents where collection_id = '{collection}') or exists (select 1 from index_collections where collection_id = '{collection}')"),
        "Qdrant and the books have forgotten the collection");

    private protected override Task SettledAsync() => Eventually.TrueAsync(
        // A retired version is left as it is.
        async () => !await ScalarAsync<bool>(
            "select exists (select 1 from index_collections i join index_versions v on v.id = i.version_id where v.state <> 'retired' and (i.comparing or not i.loaded))"),
        "the index has come to rest");

    /// <summary>What a request of the projector does; null: it is none of its steps, or of another version.</summary>
    private static string? Step(RelayedRequest request, string except) => (request.Method, request.Path.Split('?')[0].Split('/')) switch
    {
        (_, [_, _, var name, ..]) when name == except => null,
        ("GET", [_, _, _, "exists"]) => "exists",
        ("PUT", [_, _, _]) => "create",
        ("PUT", [_, _, _, "index"]) => "index",
        ("PUT", [_, _, _, "points"]) => "points",
        ("POST", [_, _, _, "points", "delete"]) => "delete",
        _ => null,
    };

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

    /// <summary>Counts <c>rag.index.drift</c> by kind.</summary>
    private sealed class DriftCount : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentDictionary<string, long> _counted = new();

        public DriftCount()
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "rag.index.drift")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => _counted.AddOrUpdate((string)tags[0].Value!, value, (_, before) => before + value));
            _listener.Start();
        }

        public long Of(string kind) => _counted.GetValueOrDefault(kind);

        public void Dispose() => _listener.Dispose();
    }
}
