using System.Text;
using Rag.Core.Caching;
using Rag.Core.Embedding;
using Rag.Testing;

namespace Rag.Core.Tests.Caching;

public sealed class SharedCachingEmbedderTests(RedisFixture fixture) : IClassFixture<RedisFixture>, IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private readonly string _own = Guid.NewGuid().ToString("N");
    private readonly EmbeddingTelemetry _telemetry = new();

    private RedisInstance Redis => fixture.Redis;

    public void Dispose() => _telemetry.Dispose();

    [Fact]
    public async Task What_one_process_had_embedded_costs_another_no_call()
    {
        await using var first = await Caches.ConnectAsync(Redis.ConnectionString);
        await using var second = await Caches.ConnectAsync(Redis.ConnectionString);
        var (one, other) = (new CountingEmbedder(Space()), new CountingEmbedder(Space()));
        string[] texts = [$"first {_own}", $"second {_own}", $"first {_own}", .. Enumerable.Range(0, 100).Select(i => $"{i} {_own}")];

        var made = await Over(one, first).EmbedPassagesAsync(texts, CancellationToken.None);
        var found = await Over(other, second).EmbedPassagesAsync(texts, CancellationToken.None);

        Assert.Equal(texts.Distinct(), one.Passages);
        Assert.Empty(other.Passages);
        Assert.Equal(made, found);
        Assert.Equal(texts.Select(text => one.VectorOf(text)), made);
        Assert.Equal(await Over(one, first).EmbedQueryAsync("q", CancellationToken.None), await Over(other, second).EmbedQueryAsync("q", CancellationToken.None));
        Assert.Equal((1, 0), (one.Queries.Count, other.Queries.Count));
    }

    [Fact]
    public async Task Only_what_is_missing_is_asked_for_and_every_vector_is_at_its_text()
    {
        await using var cache = await Caches.ConnectAsync(Redis.ConnectionString);
        var model = new CountingEmbedder(Space());
        await Over(model, cache).EmbedPassagesAsync([$"b {_own}", $"d {_own}"], CancellationToken.None);
        model.Passages.Clear();

        var vectors = await Over(model, cache).EmbedPassagesAsync([$"a {_own}", $"b {_own}", $"c {_own}", $"d {_own}"], CancellationToken.None);

        Assert.Equal([$"a {_own}", $"c {_own}"], model.Passages);
        Assert.Equal(((string[])["a", "b", "c", "d"]).Select(letter => model.VectorOf($"{letter} {_own}")), vectors);
    }

    [Fact]
    public async Task Another_space_and_a_query_are_other_entries_and_all_of_them_end()
    {
        await using var redis = await RedisInstance.StartAsync();
        await using var cache = await Caches.ConnectAsync(redis.ConnectionString);
        EmbeddingSpace[] spaces =
        [
            Space(), Space() with { Model = "other" }, Space() with { Revision = "2" }, Space() with { Dimensions = 16 },
            Space() with { PassagePrefix = "p: " }, Space() with { QueryPrefix = "p: " },
        ];
        foreach (var model in spaces.Select(static space => new CountingEmbedder(space)))
        {
            await Over(model, cache).EmbedPassagesAsync(["the same"], CancellationToken.None);
            await Over(model, cache).EmbedQueryAsync("the same", CancellationToken.None);
            Assert.Equal((1, 1), (model.Passages.Count, model.Queries.Count));
        }

        var keys = (await redis.DumpAsync()).Keys.ToList();
        Assert.Equal(2 * spaces.Length, keys.Count);
        foreach (var key in keys)
        {
            Assert.InRange((await redis.RunAsync((database, _) => database.KeyTimeToLiveAsync(key)))!.Value, Lifetime / 2, Lifetime);
        }
    }

    [Fact]
    public async Task No_text_gets_there_and_an_entry_is_no_larger_than_its_vector()
    {
        await using var redis = await RedisInstance.StartAsync();
        await using var cache = await Caches.ConnectAsync(redis.ConnectionString);
        var model = new CountingEmbedder(Space());

        await Over(model, cache).EmbedPassagesAsync(["The confidential passage."], CancellationToken.None);
        await Over(model, cache).EmbedQueryAsync("The confidential question?", CancellationToken.None);

        var all = await redis.DumpAsync();
        Assert.Equal(2, all.Count);
        foreach (var (key, value) in all)
        {
            Assert.Equal(Space().Dimensions * sizeof(float), value.Length);
            Assert.DoesNotContain("confidential", key + Encoding.UTF8.GetString(value) + Encoding.Unicode.GetString(value), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [MemberData(nameof(Spoilt))]
    public async Task What_is_no_vector_of_the_space_is_made_again(string what, byte[] value)
    {
        await using var cache = await Caches.ConnectAsync(Redis.ConnectionString);
        // A space of its own, to know its entry.
        var model = new CountingEmbedder(Space() with { Revision = _own });
        var before = (await Redis.DumpAsync()).Keys;
        await Over(model, cache).EmbedPassagesAsync(["text"], CancellationToken.None);
        var key = Assert.Single((await Redis.DumpAsync()).Keys.Except(before));
        await Redis.RunAsync(async (database, _) =>
        {
            await database.KeyDeleteAsync(key);
            return what == "a hash" ? await database.HashSetAsync(key, "field", value) : await database.StringSetAsync(key, value);
        });

        var vector = Assert.Single(await Over(model, cache).EmbedPassagesAsync(["text"], CancellationToken.None));

        Assert.Equal(2, model.Passages.Count);
        Assert.Equal(model.VectorOf("text"), vector);
        Assert.Equal(SharedCachingEmbedder.Encode(vector), (await Redis.DumpAsync())[key]);
    }

    [Fact]
    public async Task Without_Redis_every_text_goes_to_the_model_and_with_it_again_none_twice()
    {
        await using var redis = await RedisInstance.StartAsync();
        await using var cache = await Caches.ConnectAsync(redis.ConnectionString);
        var model = new CountingEmbedder(Space());
        var embedder = Over(model, cache);
        await embedder.EmbedQueryAsync("text", CancellationToken.None);
        await redis.KillAsync();

        Assert.Equal(model.VectorOf("text"), await embedder.EmbedQueryAsync("text", CancellationToken.None));
        Assert.Equal(model.VectorOf("text"), (await embedder.EmbedPassagesAsync(["text"], CancellationToken.None))[0]);
        Assert.Equal((1, 2), (model.Passages.Count, model.Queries.Count));

        await redis.StartAgainAsync();
        await Eventually.TrueAsync(
            async () =>
            {
                var before = model.Queries.Count;
                await embedder.EmbedQueryAsync("text", CancellationToken.None);
                return model.Queries.Count == before;
            },
            "the query is found in Redis again");
    }

    public static TheoryData<string, byte[]> Spoilt()
    {
        var vector = new CountingEmbedder(Space()).VectorOf("text");
        return new()
        {
            { "short", SharedCachingEmbedder.Encode(vector[..7]) },
            { "long", SharedCachingEmbedder.Encode([.. vector, 0]) },
            { "empty", [] },
            { "not a number", SharedCachingEmbedder.Encode([float.NaN, .. vector[1..]]) },
            { "not of unit length", SharedCachingEmbedder.Encode([.. vector.Select(static x => x * 2)]) },
            { "all zero", new byte[32] },
            { "a hash", [1, 2, 3] },
        };
    }

    private static EmbeddingSpace Space() => new("openai", "model", "1", 8);

    private SharedCachingEmbedder Over(IEmbedder model, CacheConnection cache) => new(model, cache, Lifetime, _telemetry);

    /// <summary>A model whose vectors depend on the text, and which remembers what it was asked.</summary>
    private sealed class CountingEmbedder(EmbeddingSpace space) : IEmbedder
    {
        public List<string> Passages { get; } = [];

        public List<string> Queries { get; } = [];

        public EmbeddingSpace Space => space;

        public Task<IReadOnlyList<float[]>> EmbedPassagesAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
        {
            Passages.AddRange(texts);
            return Task.FromResult<IReadOnlyList<float[]>>([.. texts.Select(VectorOf)]);
        }

        public Task<float[]> EmbedQueryAsync(string text, CancellationToken cancellationToken)
        {
            Queries.Add(text);
            return Task.FromResult(VectorOf(text));
        }

        public float[] VectorOf(string text)
        {
            var random = new Random(text.Aggregate(17, static (hash, letter) => unchecked((hash * 31) + letter)));
            var vector = Enumerable.Range(0, space.Dimensions).Select(_ => random.NextSingle() + 0.1f).ToArray();
            var norm = MathF.Sqrt(vector.Sum(static x => x * x));
            return [.. vector.Select(x => x / norm)];
        }
    }
}
