using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Jobs;
using Rag.Core.Storage;
using Rag.Core.Tests.Retrieval;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Conformance;

/// <summary>What every index must do. What is expected comes from <see cref="ReferenceIndex"/> alone, never from another index.</summary>
public abstract partial class IndexConformance(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ReferenceIndex _reference = new(Analyzers.ForLanguage("en"));
    private readonly Random _random = new(20261120);
    private SearchWorld _world = null!;
    private Collection _collection = null!;

    /// <summary>The world that the index lives in.</summary>
    private protected SearchWorld World => _world;

    private protected PostgresFixture Postgres { get; } = postgres;

    private protected IIndexReader Index => _world.Services.GetRequiredService<IIndexReader>();

    private protected Collection Collection => _collection;

    public virtual async Task InitializeAsync()
    {
        _world = await SearchWorld.StartAsync(await Postgres.CreateDatabaseAsync(), [("Rag:Embedding:Provider", "local"), .. await SettingsAsync()]);
        _collection = await _world.CreateCollectionAsync("conformance");
    }

    public virtual async Task DisposeAsync() => await _world.DisposeAsync();

    /// <summary>What chooses the index.</summary>
    protected abstract Task<IReadOnlyList<(string Key, string Value)>> SettingsAsync();

    [Fact]
    public async Task Words_are_ranked_by_BM25()
    {
        await PublishRandomAsync(200);

        foreach (var query in Queries(20))
        {
            var hits = await Index.SearchAsync(new IndexQuery { Collection = _collection.Id, Terms = _reference.Terms(query), Depth = 50 }, default);
            Assert.InRange(hits.AverageLength, _reference.AverageLength / 1.05, _reference.AverageLength * 1.05);
            Assert.Null(hits.Dense);
            AssertSame(_reference.Lexical(query, hits.AverageLength), hits.Lexical, 50);
        }
    }

    [Fact]
    public async Task What_is_replaced_or_deleted_counts_no_more_not_even_in_the_statistics()
    {
        var documents = await PublishRandomAsync(120);
        await ReplaceAsync(documents.Take(30));
        foreach (var gone in documents.Skip(30).Take(30))
        {
            await RemoveAsync(gone);
        }

        await CaughtUpAsync();
        foreach (var query in Queries(15))
        {
            var terms = _reference.Terms(query);
            var hits = await Index.SearchAsync(new IndexQuery { Collection = _collection.Id, Terms = terms, Depth = 200 }, default);
            AssertSame(_reference.Lexical(query, hits.AverageLength), hits.Lexical, 200);
            Assert.Equal(terms.Select(t => _reference.InverseDocumentFrequency(t.Hash)), hits.TermWeights, (a, b) => Math.Abs(a - b) < 1e-6);
        }
    }

    [Fact]
    public async Task Vectors_are_ranked_by_their_cosine()
    {
        await PublishRandomAsync(120);

        foreach (var query in Queries(10))
        {
            var vector = await EmbedAsync(query);
            var hits = await Index.SearchAsync(new IndexQuery { Collection = _collection.Id, Vector = vector, Depth = 40 }, default);
            Assert.Empty(hits.Lexical);
            AssertSame(_reference.Dense(vector), hits.Dense!, 40);
        }
    }

    [Fact]
    public async Task Both_together_are_given_apart_or_fused_by_their_places()
    {
        await PublishRandomAsync(120);

        foreach (var query in Queries(10))
        {
            var vector = await EmbedAsync(query);
            var hits = await Index.SearchAsync(new IndexQuery { Collection = _collection.Id, Terms = _reference.Terms(query), Vector = vector, Depth = 30 }, default);
            var (lexical, dense) = (_reference.Lexical(query, hits.AverageLength), _reference.Dense(vector));
            if (hits.Fused is null)
            {
                AssertSame(lexical, hits.Lexical, 30);
                AssertSame(dense, hits.Dense!, 30);
            }
            else
            {
                Assert.Empty(hits.Lexical);
                Assert.Empty(hits.Dense!);
                AssertFused(hits.Fused, 2, 30, lexical, dense);
            }
        }
    }

    [Fact]
    public async Task By_the_vector_alone_the_words_change_nothing()
    {
        await PublishRandomAsync(80);

        foreach (var query in Queries(5))
        {
            var vector = await EmbedAsync(query);
            var hits = await Index.SearchAsync(
                new IndexQuery { Collection = _collection.Id, Terms = _reference.Terms(query), Vector = vector, PrefersDense = true, Depth = 30 }, default);
            Assert.Empty(hits.Lexical);
            Assert.Null(hits.Fused);
            AssertSame(_reference.Dense(vector), hits.Dense!, 30);
            Assert.NotEmpty(hits.TermWeights);
        }
    }

    [Fact]
    public async Task A_collection_sees_nothing_of_another_one()
    {
        await PublishRandomAsync(10);
        var other = await _world.CreateCollectionAsync("other");
        await _world.PublishAsync(other, "x", "tern tern tern");
        await CaughtUpAsync(other);

        var hits = await Index.SearchAsync(new IndexQuery { Collection = other.Id, Terms = _reference.Terms("tern"), Vector = await EmbedAsync("tern"), Depth = 100 }, default);

        var single = Assert.Single(hits.Fused ?? hits.Lexical);
        Assert.DoesNotContain(single.Document, _reference.Documents);
        Assert.Equal(Math.Log(1 + (0.5 / 1.5)), hits.TermWeights[0], 6);
    }

    [Fact]
    public async Task An_empty_a_removed_and_an_unknown_collection_hold_nothing()
    {
        var query = new IndexQuery { Collection = _collection.Id, Terms = _reference.Terms("tern"), Depth = 10 };
        await CaughtUpAsync();
        Assert.Empty((await Index.SearchAsync(query, default)).Lexical);
        Assert.Empty((await Index.SearchAsync(query with { Collection = CollectionId.New() }, default)).Lexical);

        await PublishRandomAsync(20);
        var database = _world.Services.GetRequiredService<Database>();
        Assert.True(await new CollectionService(database, _world.Services.GetRequiredService<StorageSignals>()).DeleteAsync(_collection.Id, default));

        // Its documents are there until they are swept, and the index holds it no longer than they do.
        Assert.Equal(20, await CountAsync("select count(*) from documents"));
        await using var engine = await TestEngine.StartAsync(Postgres, new Dictionary<string, string?> { ["ConnectionStrings:ragdb"] = _world.ConnectionString });
        Assert.Equal(0, (await engine.Get<Sweeper>().SweepAsync(new SweepAges(), includeFiles: false, default))!.Failures);
        Assert.Equal(0, await CountAsync("select count(*) from documents"));
        await Eventually.TrueAsync(async () => (await Index.SearchAsync(query, default)).Lexical.Count == 0, "the removed collection is gone from the index");
        await GoneAsync(_collection.Id);
    }

    [Fact]
    public async Task The_watermark_says_what_is_found()
    {
        await PublishRandomAsync(5);
        var head = await HeadAsync(_collection);

        Assert.True(await Index.WaitForAsync(_collection.Id, head, Patience, default));
        Assert.False(await Index.WaitForAsync(_collection.Id, head + 1, TimeSpan.FromMilliseconds(200), default));
        Assert.Equal(head, (await Index.SearchAsync(new IndexQuery { Collection = _collection.Id, Terms = _reference.Terms("tern"), Depth = 1 }, default)).Watermark);
        Assert.Equal(["en-1"], await Index.AnalyzersAsync(_collection.Id, default));
    }

    private protected async Task<IReadOnlyList<DocumentId>> PublishRandomAsync(int count)
    {
        var texts = Enumerable.Range(0, count).Select(_ => RandomText()).ToList();
        var metadata = texts.ConvertAll(_ => RandomMetadata());
        var documents = await _world.PublishAsync(_collection, [.. texts.Select((t, i) => new NewDocument($"d{i}", t, Metadata: metadata[i]))]);
        for (var i = 0; i < count; i++)
        {
            _reference.Put(documents[i], texts[i], await EmbedPassageAsync(texts[i]), metadata[i]);
        }

        await CaughtUpAsync();
        return documents;
    }

    /// <summary>Waits until the index has what was published, and has come to rest.</summary>
    private protected async Task CaughtUpAsync(Collection? collection = null)
    {
        Assert.True(await Index.WaitForAsync((collection ?? _collection).Id, await HeadAsync(collection ?? _collection), Patience, default));
        await SettledAsync();
    }

    /// <summary>Waits until nothing is kept of a removed collection where the index lies outside of the database.</summary>
    private protected virtual Task GoneAsync(CollectionId collection) => Task.CompletedTask;

    /// <summary>Waits for what an index does on its own account.</summary>
    private protected virtual Task SettledAsync() => Task.CompletedTask;

    internal static void AssertSame(List<(DocumentId Document, double Score)> expected, IReadOnlyList<IndexHit> actual, int depth)
    {
        var best = expected.Take(depth).ToList();
        Assert.Equal(best.Count, actual.Count);
        var scores = expected.ToDictionary(static e => e.Document, static e => e.Score);
        for (var i = 0; i < best.Count; i++)
        {
            // Float against double. Documents with the same score may change places, but each has its own score, at a place that has it.
            Assert.Equal(best[i].Score, actual[i].Score, Math.Max(1e-5, Math.Abs(best[i].Score) * 1e-4));
            Assert.True(scores.TryGetValue(actual[i].Document, out var own), $"{actual[i].Document} should not be found.");
            Assert.Equal(own, actual[i].Score, Math.Max(1e-5, Math.Abs(own) * 1e-4));
        }

        Assert.Equal(actual.Count, actual.Select(static h => h.Chunk).Distinct().Count());
    }

    // Documents with the same score in one ranking share its places, so each has a least and a greatest sum of 1 / (k + place).
    private static void AssertFused(IReadOnlyList<IndexHit> actual, int k, int depth, params List<(DocumentId Document, double Score)>[] rankings)
    {
        Assert.Equal(actual.OrderByDescending(static h => h.Score).Select(static h => h.Score), actual.Select(static h => h.Score));
        foreach (var hit in actual)
        {
            var bounds = rankings.Select(r => ReferenceIndex.PlacesOf(r, hit.Document) is not var (first, last) ? (Least: 0, Most: 0)
                : (Least: last < depth ? 1.0 / (k + last) : 0, Most: first < depth ? 1.0 / (k + first) : 0)).ToList();
            Assert.InRange(hit.Score, bounds.Sum(static b => b.Least) - 1e-5, bounds.Sum(static b => b.Most) + 1e-5);
            Assert.NotEqual(0, bounds.Sum(static b => b.Most));
        }

        var certain = rankings.SelectMany(r => r.Where(h => ReferenceIndex.PlacesOf(r, h.Document) is var (_, last) && last < depth)).Select(static h => h.Document);
        Assert.Subset(actual.Select(static h => h.Document).ToHashSet(), certain.ToHashSet());
    }

    /// <summary>What is to be found by words, from brute force.</summary>
    private protected List<(DocumentId Document, double Score)> Expected(string query, double averageLength) => _reference.Lexical(query, averageLength);

    private protected async Task RemoveAsync(DocumentId document)
    {
        await _world.DeleteAsync(_collection, document);
        _reference.Remove(document);
    }

    private protected async Task ReplaceAsync(IEnumerable<DocumentId> documents)
    {
        var place = 0;
        foreach (var document in documents)
        {
            var (text, metadata) = (RandomText(), RandomMetadata());
            Assert.Equal(document, await _world.PublishAsync(_collection, $"d{place++}", text, metadata: metadata));
            _reference.Put(document, text, await EmbedPassageAsync(text), metadata);
        }
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = await _world.Services.GetRequiredService<Npgsql.NpgsqlDataSource>().OpenConnectionAsync();
        return await connection.Sql(sql).ScalarAsync<long>(default);
    }

    private async Task<long> HeadAsync(Collection collection)
    {
        await using var connection = await _world.Services.GetRequiredService<Npgsql.NpgsqlDataSource>().OpenConnectionAsync();
        return await connection.Sql("select change_seq from collection_sequences where collection_id = $1", collection.Id.Value).ScalarAsync<long>(default);
    }

    private protected async Task<float[]> EmbedAsync(string query) => await _world.Services.GetRequiredService<IEmbedder>().EmbedQueryAsync(query, default);

    private async Task<float[]> EmbedPassageAsync(string text) => (await _world.Services.GetRequiredService<IEmbedder>().EmbedPassagesAsync([text], default))[0];

    // Few words, some frequent and some rare, so that many documents share many of them. None is a stop word or has a stem that another has.
    private string RandomText() => string.Join(' ', Enumerable.Range(0, _random.Next(3, 40)).Select(_ => Words[(int)(Words.Length * Math.Pow(_random.NextDouble(), 2))]));

    private JsonObject RandomMetadata()
    {
        var metadata = RandomFields();
        if (_random.Next(2) == 0)
        {
            metadata["maybe"] = _random.Next(2) == 0 ? null : "x";
        }

        return metadata;
    }

    private JsonObject RandomFields() => new()
    {
        ["lang"] = _random.Next(2) == 0 ? "en" : "de",
        ["year"] = 2000 + _random.Next(20),
        ["ratio"] = Math.Round(_random.NextDouble() * 10, 2),
        ["tags"] = new JsonArray([.. Enumerable.Range(0, _random.Next(3)).Select(_ => (JsonNode)$"t{_random.Next(4)}")]),
        ["a.b"] = _random.Next(3) == 0 ? null : JsonValue.Create(_random.Next(2) == 0),
    };

    private IEnumerable<string> Queries(int count) => Enumerable.Range(0, count)
        .Select(_ => string.Join(' ', Enumerable.Range(0, _random.Next(1, 6)).Select(_ => Words[_random.Next(Words.Length)])));

    private static readonly string[] Words =
    [
        "tern", "gull", "heron", "raven", "finch", "robin", "stork", "crane", "swift", "eagle", "falcon", "sparrow", "pigeon", "magpie", "plover",
        "harbour", "lantern", "granite", "meadow", "glacier", "copper", "velvet", "pepper", "violin", "marble", "timber", "anchor", "barrel", "candle", "hammer",
    ];
}
