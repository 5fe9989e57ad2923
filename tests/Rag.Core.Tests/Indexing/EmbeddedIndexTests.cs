using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rag.Core.Documents;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Indexing.Embedded;
using Rag.Core.Retrieval;

namespace Rag.Core.Tests.Indexing;

/// <summary>The index against plain loops over the same random documents, through additions, replacements, deletions and merges.</summary>
public sealed class EmbeddedIndexTests
{
    private const int Dimensions = 16;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Search_equals_plain_loops_after_any_history_of_changes(int seed)
    {
        var random = new Random(seed);
        var index = new CollectionIndex();
        var model = new Dictionary<Guid, Doc>();
        for (var round = 1; round <= 25; round++)
        {
            var changed = new List<Guid>();
            for (var i = 0; i < random.Next(1, 30); i++)
            {
                var id = random.Next(3) == 0 && model.Count > 0 ? model.Keys.ElementAt(random.Next(model.Count)) : new Guid(random.Next(1, 5000), 0, 0, new byte[8]);
                if (!changed.Contains(id))
                {
                    changed.Add(id);
                }
            }

            var builder = new SegmentBuilder(Dimensions);
            foreach (var id in changed)
            {
                model.Remove(id);
                if (random.Next(4) > 0)
                {
                    model[id] = AddRandom(builder, id, round, random);
                }
            }

            index.Apply(new ChangeSet(round, changed, builder.Documents > 0 ? [builder.Build()] : []));
            Compare(index.Snapshot, model, random);
        }

        Assert.InRange(index.Snapshot.Parts.Count, 1, 12);
        var rebuilt = new SegmentBuilder(Dimensions);
        _ = AddRandom(rebuilt, new Guid(9999, 0, 0, new byte[8]), 99, random);
        index.Apply(new ChangeSet(99, [], [rebuilt.Build()]) { IsWhole = true });
        Assert.Single(index.Snapshot.Parts);
        Assert.Equal(1, index.Snapshot.Parts[0].Segment.Documents);
    }

    [Fact]
    public void No_segment_grows_beyond_what_one_array_holds_and_nothing_is_lost()
    {
        var random = new Random(5);
        var index = new CollectionIndex(maxChunksPerSegment: 20);
        var model = new Dictionary<Guid, Doc>();
        for (var round = 1; round <= 60; round++)
        {
            var builder = new SegmentBuilder(Dimensions);
            var id = new Guid(round, 0, 0, new byte[8]);
            model[id] = AddRandom(builder, id, round, random);
            index.Apply(new ChangeSet(round, [id], [builder.Build()]));
            Assert.All(index.Snapshot.Parts, static p => Assert.InRange(p.Segment.Chunks, 0, 20));
        }

        Compare(index.Snapshot, model, random);
        Assert.Equal(Array.MaxLength / 8192, SegmentMerger.MaxChunks(8192));
    }

    [Fact]
    public void Changes_that_cannot_be_applied_leave_the_index_as_it_was()
    {
        var random = new Random(6);
        var index = new CollectionIndex();
        var builder = new SegmentBuilder(Dimensions);
        var id = new Guid(1, 0, 0, new byte[8]);
        var doc = AddRandom(builder, id, 1, random);
        index.Apply(new ChangeSet(1, [id], [builder.Build()]));

        // Its terms end before they should, as nothing that was read does; merging meets it.
        var broken = new SegmentBuilder(Dimensions);
        _ = AddRandom(broken, new Guid(2, 0, 0, new byte[8]), 2, random);
        var segment = broken.Build();
        Array.Fill(segment.TermOffsets, int.MaxValue, 0, segment.TermOffsets.Length);
        Assert.ThrowsAny<Exception>(() => index.Apply(new ChangeSet(2, [id], [segment, segment])));
        Assert.ThrowsAny<Exception>(() => index.Apply(new ChangeSet(2, [id], [segment, segment]) { IsWhole = true }));

        Assert.Equal(1, index.Snapshot.Watermark);
        Compare(index.Snapshot, new Dictionary<Guid, Doc> { [id] = doc }, random);
        index.Apply(new ChangeSet(2, [id], []));
        Assert.Equal(0, index.Snapshot.LiveChunks);
    }

    [Theory]
    [InlineData(1, 30)]
    [InlineData(100, 1)]
    public void A_collection_is_read_into_segments_that_end_at_the_document_after_the_bound(int postings, int least)
    {
        var cutter = new SegmentCutter(0, postings);
        var packed = TermVector.Pack([.. Enumerable.Range(0, 10).Select(static t => new AnalyzedTerm(t, 0, 1))]);
        for (var d = 0; d < 30; d++)
        {
            cutter.BeginDocument(new DocumentId(new Guid(d + 1, 0, 0, new byte[8])), 1, "en-1", "{}"u8);
            cutter.Builder.AddChunk(packed.Bytes, packed.Count, []);
        }

        var segments = cutter.Finish();
        Assert.Equal(30, segments.Sum(static s => s.Documents));
        Assert.InRange(segments.Count, least, 30);
        Assert.All(segments, s => Assert.InRange(s.Chunks * 10, 1, postings + 9));
    }

    [Fact]
    public void Filters_equal_their_definition()
    {
        var random = new Random(4);
        for (var round = 0; round < 2000; round++)
        {
            var metadata = RandomMetadata(random);
            var filter = RandomFilter(random, 3);
            using var json = JsonDocument.Parse(metadata.ToJsonString());
            Assert.Equal(Holds(filter, metadata), FilterEvaluation.Matches(filter, json.RootElement));
        }
    }

    [Fact]
    public void Filters_that_differ_have_different_keys()
    {
        MetadataFilter[] filters =
        [
            new MetadataFilter.Equal("a", 1), new MetadataFilter.Equal("a", "1"), new MetadataFilter.Equal("a", null), new MetadataFilter.In("a", [1]),
            new MetadataFilter.In("a", [1, 2]), new MetadataFilter.Range("a", JsonValue.Create(1), null, null, null), new MetadataFilter.Range("a", null, JsonValue.Create(1), null, null),
            new MetadataFilter.And([new MetadataFilter.Equal("a", 1)]), new MetadataFilter.Or([new MetadataFilter.Equal("a", 1)]), new MetadataFilter.Not(new MetadataFilter.Equal("a", 1)),
            new MetadataFilter.And([new MetadataFilter.Equal("a", 1), new MetadataFilter.Equal("b", 1)]), new MetadataFilter.Equal("a\",1);eq(\"b", 1),
        ];
        Assert.Equal(filters.Length, filters.Select(MetadataFilterKey.Of).Distinct().Count());
        Assert.Equal(MetadataFilterKey.Of(new MetadataFilter.In("a", [1, "x"])), MetadataFilterKey.Of(new MetadataFilter.In("a", [1, "x"])));
    }

    private static Doc AddRandom(SegmentBuilder builder, Guid id, long generation, Random random)
    {
        var metadata = RandomMetadata(random);
        var chunks = new List<(Dictionary<long, int> Terms, float[] Vector)>();
        builder.BeginDocument(new DocumentId(id), generation, "en-1", Encoding.UTF8.GetBytes(metadata.ToJsonString()));
        for (var c = 0; c < random.Next(1, 5); c++)
        {
            // Skewed, so that some terms are in most chunks and some in one.
            var terms = Enumerable.Range(0, random.Next(40)).Select(_ => StableHash.Of($"t{(int)(60 * Math.Pow(random.NextDouble(), 3))}")).ToList();
            var vector = new float[Dimensions];
            for (var d = 0; d < Dimensions; d++)
            {
                vector[d] = (float)(random.NextDouble() - 0.5);
            }

            var packed = TermVector.Pack([.. terms.Select(static t => new AnalyzedTerm(t, 0, 1))]);
            builder.AddChunk(packed.Bytes, packed.Count, System.Runtime.InteropServices.MemoryMarshal.AsBytes(vector.AsSpan()));
            chunks.Add((terms.GroupBy(static t => t).ToDictionary(static g => g.Key, static g => g.Count()), vector));
        }

        return new Doc(generation, metadata, chunks);
    }

    private static void Compare(CollectionSnapshot snapshot, Dictionary<Guid, Doc> model, Random random)
    {
        var chunks = model.SelectMany(static d => d.Value.Chunks.Select((c, i) => (Document: d.Key, d.Value.Generation, d.Value.Metadata, Ordinal: i, c.Terms, c.Vector))).ToList();
        Assert.Equal(chunks.Count, snapshot.LiveChunks);
        for (var q = 0; q < 3; q++)
        {
            var filter = random.Next(2) == 0 ? null : RandomFilter(random, 2);
            var visible = chunks.Where(c => filter is null || Holds(filter, c.Metadata)).ToList();
            var terms = Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(70)).Distinct()
                .Select(t => new TermWeight(StableHash.Of($"t{t}"), random.Next(1, 3))).ToList();
            var average = chunks.Count == 0 ? 1 : Math.Max(1, chunks.Average(static c => c.Terms.Values.Sum()));
            var expected = visible.Select(c => (c.Document, c.Generation, c.Ordinal, Score: terms.Sum(t =>
                {
                    var holders = chunks.Count(o => o.Terms.ContainsKey(t.Hash));
                    var idf = Math.Log(1 + ((chunks.Count - holders + 0.5) / (holders + 0.5)));
                    double frequency = c.Terms.GetValueOrDefault(t.Hash);
                    return t.Weight * idf * frequency * 2.2 / (frequency + (1.2 * (0.25 + (0.75 * c.Terms.Values.Sum() / average))));
                })))
                .Where(static c => c.Score > 0).OrderByDescending(static c => c.Score).ToList();
            var weights = SnapshotSearch.TermWeights(snapshot, terms);
            Same(expected, SnapshotSearch.Lexical(snapshot, terms, weights, filter, 20), 20);

            var query = chunks.Count == 0 ? new float[Dimensions] : chunks[random.Next(chunks.Count)].Vector;
            var near = visible.Select(c => (c.Document, c.Generation, c.Ordinal, Score: c.Vector.Zip(query, static (a, b) => (double)a * b).Sum()))
                .OrderByDescending(static c => c.Score).ToList();
            Same(near, SnapshotSearch.Dense(snapshot, query, filter, 15), 15);
        }
    }

    private static void Same(List<(Guid Document, long Generation, int Ordinal, double Score)> expected, List<IndexHit> hits, int depth)
    {
        Assert.Equal(Math.Min(depth, expected.Count), hits.Count);
        var known = expected.ToDictionary(static e => (e.Document, e.Generation, e.Ordinal), static e => e.Score);
        for (var i = 0; i < hits.Count; i++)
        {
            // Chunks with equal scores may change places; each must have its own score, and the place its place's.
            Assert.Equal(expected[i].Score, hits[i].Score, tolerance: 1e-4);
            Assert.Equal(known[(hits[i].Document.Value, hits[i].Generation, hits[i].Ordinal)], hits[i].Score, tolerance: 1e-4);
        }

        Assert.Equal(hits.Count, hits.Select(static h => h.Chunk).Distinct().Count());
    }

    private static JsonObject RandomMetadata(Random random)
    {
        var metadata = new JsonObject();
        foreach (var field in (string[])["a", "b", "c"])
        {
            if (random.Next(3) > 0)
            {
                metadata[field] = random.Next(5) switch
                {
                    0 => null,
                    1 => $"s{random.Next(4)}",
                    2 => new JsonArray(random.Next(4), $"s{random.Next(4)}"),
                    3 => random.Next(2) == 0,
                    _ => random.Next(4),
                };
            }
        }

        return metadata;
    }

    private static MetadataFilter RandomFilter(Random random, int depth)
    {
        var field = "abc"[random.Next(3)].ToString();
        return random.Next(depth > 0 ? 6 : 3) switch
        {
            0 => new MetadataFilter.Equal(field, RandomValue(random)),
            1 => new MetadataFilter.In(field, [RandomValue(random), RandomValue(random)]),
            2 => random.Next(2) == 0
                ? new MetadataFilter.Range(field, null, JsonValue.Create(random.Next(4)), JsonValue.Create(random.Next(5)), null)
                : new MetadataFilter.Range(field, JsonValue.Create($"s{random.Next(4)}"), null, null, JsonValue.Create($"s{random.Next(4)}")),
            3 => new MetadataFilter.And([RandomFilter(random, depth - 1), RandomFilter(random, depth - 1)]),
            4 => new MetadataFilter.Or([RandomFilter(random, depth - 1), RandomFilter(random, depth - 1)]),
            _ => new MetadataFilter.Not(RandomFilter(random, depth - 1)),
        };
    }

    private static JsonNode? RandomValue(Random random) => random.Next(4) switch { 0 => $"s{random.Next(4)}", 1 => null, 2 => random.Next(2) == 0, _ => random.Next(4) };

    // The definition of the contract, over nodes and by cases, with nothing shared with the code under test.
    private static bool Holds(MetadataFilter filter, JsonObject metadata)
    {
        return filter switch
        {
            MetadataFilter.Equal f => Values(f.Field).Any(v => JsonNode.DeepEquals(v, f.Value)),
            MetadataFilter.In f => Values(f.Field).Any(v => f.Values.Any(w => JsonNode.DeepEquals(v, w))),
            MetadataFilter.Range f => Values(f.Field).Any(v => Above(v, f.Gt, false) && Above(v, f.Gte, true) && Below(v, f.Lt, false) && Below(v, f.Lte, true) && v?.GetValueKind() is JsonValueKind.Number or JsonValueKind.String),
            MetadataFilter.And f => f.Parts.All(p => Holds(p, metadata)),
            MetadataFilter.Or f => f.Parts.Any(p => Holds(p, metadata)),
            MetadataFilter.Not f => !Holds(f.Part, metadata),
            _ => throw new InvalidOperationException(),
        };

        IEnumerable<JsonNode?> Values(string field) => !metadata.TryGetPropertyValue(field, out var value) ? [] : value is JsonArray array ? [value, .. array] : [value];

        static bool Above(JsonNode? value, JsonValue? bound, bool orEqual) => bound is null || (Order(value, bound) is { } order && (order > 0 || (orEqual && order == 0)));

        static bool Below(JsonNode? value, JsonValue? bound, bool orEqual) => bound is null || (Order(value, bound) is { } order && (order < 0 || (orEqual && order == 0)));

        static int? Order(JsonNode? value, JsonValue bound) => (value?.GetValueKind(), bound.GetValueKind()) switch
        {
            (JsonValueKind.Number, JsonValueKind.Number) => ((int)value!).CompareTo((int)bound),
            (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal((string)value!, (string)bound!),
            _ => null,
        };
    }

    private sealed record Doc(long Generation, JsonObject Metadata, List<(Dictionary<long, int> Terms, float[] Vector)> Chunks);
}
