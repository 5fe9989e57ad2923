using System.Buffers;
using System.Numerics.Tensors;
using Rag.Core.Documents;
using Rag.Core.Retrieval;

namespace Rag.Core.Indexing.Embedded;

/// <summary>Exact search over one snapshot.</summary>
internal static class SnapshotSearch
{
    // Below this a second thread costs more than it saves.
    private const int ParallelChunks = 20_000;

    /// <summary>Inverse document frequency of each term among the live chunks.</summary>
    public static double[] TermWeights(CollectionSnapshot snapshot, IReadOnlyList<TermWeight> terms)
    {
        var weights = new double[terms.Count];
        for (var t = 0; t < weights.Length; t++)
        {
            var holders = 0;
            foreach (var part in snapshot.Parts)
            {
                holders += part.LiveCount(part.Segment.PostingsOf(terms[t].Hash));
            }

            weights[t] = Bm25.InverseDocumentFrequency(snapshot.LiveChunks, holders);
        }

        return weights;
    }

    /// <summary>As <see cref="TermWeights"/>, without leaving out what was deleted since a segment was written: no postings are read.</summary>
    public static double[] ApproximateTermWeights(CollectionSnapshot snapshot, IReadOnlyList<TermWeight> terms)
    {
        var weights = new double[terms.Count];
        for (var t = 0; t < weights.Length; t++)
        {
            var holders = 0;
            foreach (var part in snapshot.Parts)
            {
                holders += part.Segment.PostingsOf(terms[t].Hash).Count;
            }

            weights[t] = Bm25.InverseDocumentFrequency(snapshot.LiveChunks, holders);
        }

        return weights;
    }

    /// <summary>The <paramref name="depth"/> best chunks by BM25, best first.</summary>
    public static List<IndexHit> Lexical(CollectionSnapshot snapshot, IReadOnlyList<TermWeight> terms, double[] idf, MetadataFilter? filter, int depth)
    {
        var best = new BoundedHeap(depth);
        var key = filter is null ? default : MetadataFilterKey.Of(filter);
        foreach (var part in snapshot.Parts)
        {
            var scores = ArrayPool<float>.Shared.Rent(part.Segment.Chunks);
            try
            {
                var accumulated = scores.AsSpan(0, part.Segment.Chunks);
                accumulated.Clear();
                for (var t = 0; t < terms.Count; t++)
                {
                    Accumulate(part.Segment, terms[t].Hash, (float)(idf[t] * terms[t].Weight), (float)snapshot.AverageLength, accumulated);
                }

                var allowed = filter is null ? null : part.Segment.Matching(filter, key);
                for (var c = 0; c < accumulated.Length; c++)
                {
                    // Terms have positive weight: zero means that none occurs.
                    if (accumulated[c] > 0 && accumulated[c] > best.Threshold && IsVisible(part, allowed, c))
                    {
                        best.Add(new Scored(part, c, accumulated[c]));
                    }
                }
            }
            finally
            {
                ArrayPool<float>.Shared.Return(scores);
            }
        }

        return Sorted(best.Items, depth);
    }

    /// <summary>The <paramref name="depth"/> chunks nearest to a unit vector, best first.</summary>
    public static List<IndexHit> Dense(CollectionSnapshot snapshot, ReadOnlyMemory<float> vector, MetadataFilter? filter, int depth)
    {
        var key = filter is null ? default : MetadataFilterKey.Of(filter);
        var slices = new List<(SegmentView Part, Bits? Allowed, int From, int To)>();
        foreach (var part in snapshot.Parts)
        {
            if (part.Segment.Vectors is null || part.Segment.Dimensions != vector.Length)
            {
                continue;
            }

            var allowed = filter is null ? null : part.Segment.Matching(filter, key);
            var count = part.Segment.Chunks >= ParallelChunks ? Environment.ProcessorCount : 1;
            for (var i = 0; i < count; i++)
            {
                slices.Add((part, allowed, (int)((long)part.Segment.Chunks * i / count), (int)((long)part.Segment.Chunks * (i + 1) / count)));
            }
        }

        var results = new BoundedHeap[slices.Count];
        if (slices.Sum(static s => s.To - s.From) >= ParallelChunks)
        {
            Parallel.For(0, slices.Count, i => results[i] = Scan(slices[i].Part, slices[i].Allowed, slices[i].From, slices[i].To, vector.Span, depth));
        }
        else
        {
            for (var i = 0; i < results.Length; i++)
            {
                results[i] = Scan(slices[i].Part, slices[i].Allowed, slices[i].From, slices[i].To, vector.Span, depth);
            }
        }

        return Sorted(results.SelectMany(static r => r.Items), depth);
    }

    private static BoundedHeap Scan(SegmentView part, Bits? allowed, int from, int to, ReadOnlySpan<float> vector, int depth)
    {
        var best = new BoundedHeap(depth);
        var vectors = part.Segment.Vectors.AsSpan();
        for (var c = from; c < to; c++)
        {
            var score = TensorPrimitives.Dot(vectors.Slice(c * vector.Length, vector.Length), vector);
            // A chunk without content has no vector, and nothing is like it.
            if (score != 0 && score > best.Threshold && IsVisible(part, allowed, c))
            {
                best.Add(new Scored(part, c, score));
            }
        }

        return best;
    }

    private static void Accumulate(Segment segment, long hash, float weight, float averageLength, Span<float> scores)
    {
        var postings = segment.PostingsOf(hash);
        var lengths = segment.Lengths;
        const float Fixed = Bm25.K1 * (1 - Bm25.B);
        var perTerm = Bm25.K1 * Bm25.B / averageLength;
        var factor = weight * (Bm25.K1 + 1);
        while (postings.MoveNext())
        {
            float frequency = postings.Frequency;
            scores[postings.Chunk] += factor * frequency / (frequency + Fixed + (perTerm * lengths[postings.Chunk]));
        }
    }

    private static bool IsVisible(SegmentView part, Bits? allowed, int chunk)
    {
        var document = part.Segment.DocumentOf[chunk];
        return (part.IsWhole || part.Live[document]) && (allowed is null || allowed[document]);
    }

    private static List<IndexHit> Sorted(IEnumerable<Scored> scored, int depth)
    {
        var hits = scored.Select(static s =>
        {
            var segment = s.Part.Segment;
            var document = segment.DocumentOf[s.Chunk];
            return new IndexHit(new DocumentId(segment.DocumentIds[document]), segment.Generations[document], s.Chunk - segment.FirstChunks[document], s.Score);
        }).ToList();
        hits.Sort(IndexHit.BestFirst);
        return hits.Count <= depth ? hits : hits[..depth];
    }
}
