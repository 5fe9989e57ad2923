namespace Rag.Core.Indexing.Embedded;

/// <summary>Makes one segment of several, leaving out deleted documents. Terms and postings are copied in one pass, nothing is unpacked whole.</summary>
internal static class SegmentMerger
{
    // Copying may write distances between chunks a little longer than they were.
    private const int MaxPostings = int.MaxValue / 2;

    /// <summary>How many chunks one segment can hold: the rows of one array.</summary>
    public static int MaxChunks(int dimensions) => Array.MaxLength / Math.Max(1, dimensions);

    /// <summary>Whether the postings of both fit into one segment.</summary>
    public static bool Fit(long postings, Segment with) => postings + with.Postings.Length <= MaxPostings;

    public static Segment Merge(IReadOnlyList<SegmentView> parts)
    {
        var dimensions = parts[0].Segment.Dimensions;
        var chunkMaps = new int[parts.Count][];
        var documentIds = new List<Guid>();
        var generations = new List<long>();
        var analyzers = new List<string>();
        var withoutVector = new List<int>();
        var firstChunks = new List<int>();
        var metadata = new List<byte[]?>();
        var documentOf = new List<int>();
        var lengths = new List<int>();
        for (var p = 0; p < parts.Count; p++)
        {
            var (segment, live) = (parts[p].Segment, parts[p].Live);
            var map = chunkMaps[p] = new int[segment.Chunks];
            for (var d = 0; d < segment.Documents; d++)
            {
                if (!live[d])
                {
                    map.AsSpan(segment.FirstChunks[d]..segment.FirstChunks[d + 1]).Fill(-1);
                    continue;
                }

                firstChunks.Add(lengths.Count);
                for (var c = segment.FirstChunks[d]; c < segment.FirstChunks[d + 1]; c++)
                {
                    map[c] = lengths.Count;
                    lengths.Add(segment.Lengths[c]);
                    documentOf.Add(documentIds.Count);
                }

                documentIds.Add(segment.DocumentIds[d]);
                generations.Add(segment.Generations[d]);
                analyzers.Add(segment.Analyzers[d]);
                withoutVector.Add(segment.WithoutVector[d]);
                metadata.Add(segment.Metadata[d]);
            }
        }

        firstChunks.Add(lengths.Count);
        var (hashes, offsets, postings) = MergeTerms(parts, chunkMaps);
        return new Segment
        {
            DocumentIds = [.. documentIds],
            Generations = [.. generations],
            Analyzers = [.. analyzers],
            WithoutVector = [.. withoutVector],
            FirstChunks = [.. firstChunks],
            Metadata = [.. metadata],
            DocumentOf = [.. documentOf],
            Lengths = [.. lengths],
            TermHashes = hashes,
            TermOffsets = offsets,
            Postings = postings,
            Vectors = MergeVectors(parts, chunkMaps, lengths.Count, dimensions),
            Dimensions = dimensions,
        };
    }

    private static (long[] Hashes, int[] Offsets, byte[] Postings) MergeTerms(IReadOnlyList<SegmentView> parts, int[][] chunkMaps)
    {
        var hashes = new List<long>();
        var offsets = new List<int> { 0 };
        var postings = new PostingsWriter();
        var positions = new int[parts.Count];
        // The parts that have a next term, by that term; of equal terms the earlier part first, so that chunks stay ascending.
        var queue = new PriorityQueue<int, (long Hash, int Part)>();
        for (var p = 0; p < parts.Count; p++)
        {
            Enqueue(p);
        }

        var holders = new List<int>();
        while (queue.TryPeek(out _, out var first))
        {
            holders.Clear();
            while (queue.TryPeek(out var part, out var next) && next.Hash == first.Hash)
            {
                queue.Dequeue();
                holders.Add(part);
            }

            AppendTerm(first.Hash);
            foreach (var part in holders)
            {
                positions[part]++;
                Enqueue(part);
            }
        }

        return ([.. hashes], [.. offsets], postings.ToArray());

        void Enqueue(int part)
        {
            if (positions[part] < parts[part].Segment.TermHashes.Length)
            {
                queue.Enqueue(part, (parts[part].Segment.TermHashes[positions[part]], part));
            }
        }

        void AppendTerm(long hash)
        {
            var count = 0;
            foreach (var part in holders)
            {
                count += parts[part].LiveCount(parts[part].Segment.PostingsAt(positions[part]));
            }

            if (count == 0)
            {
                return;
            }

            postings.BeginTerm(count);
            foreach (var part in holders)
            {
                var reader = parts[part].Segment.PostingsAt(positions[part]);
                while (reader.MoveNext())
                {
                    if (chunkMaps[part][reader.Chunk] >= 0)
                    {
                        postings.Add(chunkMaps[part][reader.Chunk], reader.Frequency);
                    }
                }
            }

            hashes.Add(hash);
            offsets.Add(postings.Length);
        }
    }

    private static float[]? MergeVectors(IReadOnlyList<SegmentView> parts, int[][] chunkMaps, int chunks, int dimensions)
    {
        if (parts.All(static p => p.Segment.Vectors is null))
        {
            return null;
        }

        var merged = new float[checked(chunks * dimensions)];
        for (var p = 0; p < parts.Count; p++)
        {
            if (parts[p].Segment.Vectors is not { } vectors)
            {
                continue;
            }

            for (var c = 0; c < chunkMaps[p].Length; c++)
            {
                if (chunkMaps[p][c] >= 0)
                {
                    vectors.AsSpan(c * dimensions, dimensions).CopyTo(merged.AsSpan(chunkMaps[p][c] * dimensions));
                }
            }
        }

        return merged;
    }
}
