using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Indexing;
using Rag.Core.Retrieval;
using Rag.Testing;

namespace Rag.Core.Tests.Retrieval;

public sealed class DenseSearchTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Dense_and_hybrid_search_use_the_stored_vectors_and_say_so()
    {
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync(), ("Rag:Embedding:Provider", "local"));
        var collection = await world.CreateCollectionAsync("vectors");
        await world.PublishAsync(collection, "glacier", "Glaciers of the northern valley are melting.");
        await world.PublishAsync(collection, "bakery", "The bakery sells rye bread.");

        // Parts of words are enough for vectors, not for words.
        var dense = await SearchAsync(world, collection, "glacial meltwater", SearchMode.Dense);
        Assert.Equal((SearchMode.Dense, "glacier"), (dense.Mode, dense.Evidence[0].SourceId));
        Assert.True(dense.Evidence[0].Scores is { Dense: > 0, Lexical: null });

        var hybrid = await SearchAsync(world, collection, "melting glaciers", SearchMode.Hybrid);
        Assert.Equal((SearchMode.Hybrid, "glacier"), (hybrid.Mode, hybrid.Evidence[0].SourceId));
        Assert.True(hybrid.Evidence[0].Scores is { Dense: > 0, Lexical: > 0, Fused: > 1 });
        Assert.Null(hybrid.Notice);
    }

    [Fact]
    public async Task Vectors_of_another_model_are_not_compared_and_the_search_says_that_it_went_by_words()
    {
        var database = await postgres.CreateDatabaseAsync();
        Collection collection;
        await using (var before = await SearchWorld.StartAsync(database, ("Rag:Embedding:Provider", "local"), ("Rag:Embedding:Dimensions", "64")))
        {
            collection = await before.CreateCollectionAsync("moved");
            await before.PublishAsync(collection, "glacier", "Glaciers of the northern valley are melting.");
        }

        await using var after = await SearchWorld.StartAsync(database, ("Rag:Embedding:Provider", "local"));
        var result = await SearchAsync(after, collection, "melting glaciers", SearchMode.Hybrid);
        Assert.Equal(SearchMode.Lexical, result.Mode);
        Assert.NotNull(result.Notice);
        Assert.Single(result.Evidence);
    }

    [Fact]
    public async Task As_long_as_one_document_has_no_vector_the_search_goes_by_words_and_loses_none()
    {
        var database = await postgres.CreateDatabaseAsync();
        Collection collection;
        await using (var before = await SearchWorld.StartAsync(database))
        {
            collection = await before.CreateCollectionAsync("partly");
            await before.PublishAsync(collection, "glacier", "Glaciers of the northern valley are melting.");
            await before.PublishAsync(collection, "river", "The river below the glaciers is rising.");
        }

        await using var after = await SearchWorld.StartAsync(database, ("Rag:Embedding:Provider", "local"));
        await after.PublishAsync(collection, "bakery", "The bakery below the glaciers sells rye bread.");
        foreach (var mode in (SearchMode[])[SearchMode.Dense, SearchMode.Hybrid])
        {
            var partly = await SearchAsync(after, collection, "glaciers", mode);
            Assert.Equal((SearchMode.Lexical, 3), (partly.Mode, partly.Evidence.Count));
            Assert.Contains("vectors", partly.Notice, StringComparison.Ordinal);
        }

        await after.PublishAsync(collection, "glacier", "Glaciers of the northern valley are melting.");
        Assert.Equal(SearchMode.Lexical, (await SearchAsync(after, collection, "glaciers", SearchMode.Dense)).Mode);
        await after.PublishAsync(collection, "river", "The river below the glaciers is rising.");
        var whole = await SearchAsync(after, collection, "glaciers", SearchMode.Dense);
        Assert.Equal((SearchMode.Dense, 3, null), (whole.Mode, whole.Evidence.Count, whole.Notice));
    }

    [Fact]
    public async Task Local_vectors_have_unit_length_repeat_exactly_and_put_like_texts_close()
    {
        var embedder = new LocalEmbedder(LocalEmbedder.DefaultDimensions);
        var texts = new[] { "Glaciers are melting in the valley.", "A glacier melts in a valley", "Bread is baked at night.", "", "…" };
        var vectors = await embedder.EmbedPassagesAsync(texts, default);

        Assert.Equal(vectors, await embedder.EmbedPassagesAsync(texts, default));
        Assert.All(vectors.Take(3), static v => Assert.Equal(1, v.Sum(static x => (double)x * x), 5));
        Assert.All(vectors.Skip(3), static v => Assert.All(v, static x => Assert.Equal(0, x)));
        Assert.True(Cosine(vectors[0], vectors[1]) > 0.6);
        Assert.True(Cosine(vectors[0], vectors[2]) < 0.3);
    }

    [Fact]
    public void Fusion_adds_scores_in_parts_of_the_best_and_keeps_what_only_one_list_has()
    {
        var (a, b, c) = (DocumentId.New(), DocumentId.New(), DocumentId.New());
        IndexHit[] lexical = [new(a, 1, 0, 10), new(b, 1, 0, 5)];
        IndexHit[] dense = [new(c, 1, 0, 0.9), new(b, 1, 0, 0.8), new(a, 1, 1, 0.4)];

        var fused = RankFusion.Fuse(lexical, dense, denseWeight: 1, denseFloor: null);
        // b: 5/10 + (0.8-0.4)/(0.9-0.4); a and c: 1 each, the lexical one first; the last dense one is worth nothing.
        Assert.Equal([b, a, c, a], fused.Select(static f => f.Hit.Document));
        Assert.Equal([1.3, 1, 1, 0], fused.Select(static f => Math.Round(f.Fused!.Value, 6)));

        Assert.Equal([1.2, 0.2, 0.5], RankFusion.Fuse(lexical, [new(a, 1, 0, 0.3), new(c, 1, 0, 0.3)], 0.2, 0)
            .OrderBy(f => f.Hit.Document == a ? 0 : f.Hit.Document == c ? 1 : 2).Select(static f => Math.Round(f.Fused!.Value, 6)));
        Assert.Empty(RankFusion.Fuse([], [], 1, null));
        Assert.Equal(1, Assert.Single(RankFusion.Fuse([], [new(a, 1, 0, 0.7)], 1, null)).Fused);
    }

    private static double Cosine(float[] a, float[] b) => a.Zip(b, static (x, y) => (double)x * y).Sum();

    private static Task<SearchResult> SearchAsync(SearchWorld world, Collection collection, string text, SearchMode mode) =>
        world.Retrieval.SearchAsync(new SearchQuery { Collection = collection, Text = text, Mode = mode }, default);
}
