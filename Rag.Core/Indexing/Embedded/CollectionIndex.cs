using System.Runtime.InteropServices;

namespace Rag.Core.Indexing.Embedded;

/// <summary>
/// The state of one collection's index and the only place where it changes: sets of changes go in one after the other, whole
/// snapshots come out. One writer at a time; <see cref="Snapshot"/> may be read by anyone at any time.
/// </summary>
/// <param name="maxChunksPerSegment">Never more in one segment, except where one document alone has more.</param>
internal sealed class CollectionIndex(int maxChunksPerSegment = int.MaxValue)
{
    // The segments grow geometrically towards the oldest, so there are at most about log2(chunks) of them and each chunk is copied as often.
    private const int GrowthFactor = 2;

    private readonly Dictionary<Guid, Place> _places = [];
    private List<SegmentView> _parts = [];
    private volatile CollectionSnapshot _snapshot = CollectionSnapshot.Empty;

    public CollectionSnapshot Snapshot => _snapshot;

    /// <summary>Applies changes and publishes the result at once. When it throws, nothing has changed.</summary>
    public void Apply(ChangeSet changes)
    {
        var before = changes.IsWhole ? [] : _parts;
        var parts = WithoutDocuments(before, changes.Documents);
        parts.AddRange(changes.Segments.Select(static s => new SegmentView(s, Bits.AllSet(s.Documents))));
        parts = Compacted(parts);
        // What took memory is done.
        RememberPlaces(before, changes, parts);
        _parts = parts;
        _snapshot = new CollectionSnapshot(parts, changes.Watermark);
    }

    private List<SegmentView> WithoutDocuments(List<SegmentView> parts, IReadOnlyList<Guid> documents)
    {
        var changed = new Dictionary<Segment, Bits>();
        if (parts.Count > 0)
        {
            foreach (var id in documents)
            {
                if (!_places.TryGetValue(id, out var place))
                {
                    continue;
                }

                ref var live = ref CollectionsMarshal.GetValueRefOrAddDefault(changed, place.Segment, out var exists);
                if (!exists)
                {
                    live = parts.Find(p => p.Segment == place.Segment)!.Live.Copy();
                }

                live!.Clear(place.Document);
            }
        }

        return [.. parts.Select(p => changed.TryGetValue(p.Segment, out var live) ? new SegmentView(p.Segment, live) : p).Where(static p => p.LiveDocuments > 0)];
    }

    private List<SegmentView> Compacted(List<SegmentView> parts)
    {
        var result = new List<SegmentView>(parts.Count);
        foreach (var part in parts)
        {
            result.Add(part.LiveChunks * 2 < part.Segment.Chunks ? Merged([part]) : part);
        }

        // From the newest: everything that is no smaller than half of what lies before it goes together in one pass, as far as it fits
        // into one segment.
        var from = result.Count - 1;
        long tail = from < 0 ? 0 : result[from].LiveChunks;
        long postings = from < 0 ? 0 : result[from].Segment.Postings.Length;
        while (from > 0 && result[from - 1].LiveChunks < tail * GrowthFactor
            && result[from - 1].LiveChunks + tail <= MaxChunks(result[from].Segment) && SegmentMerger.Fit(postings, result[from - 1].Segment))
        {
            from--;
            tail += result[from].LiveChunks;
            postings += result[from].Segment.Postings.Length;
        }

        if (from >= 0 && from < result.Count - 1)
        {
            var merged = Merged(result[from..]);
            result.RemoveRange(from, result.Count - from);
            result.Add(merged);
        }

        return result;
    }

    private static SegmentView Merged(IReadOnlyList<SegmentView> parts)
    {
        var segment = SegmentMerger.Merge(parts);
        return new SegmentView(segment, Bits.AllSet(segment.Documents));
    }

    private int MaxChunks(Segment segment) => Math.Min(maxChunksPerSegment, SegmentMerger.MaxChunks(segment.Dimensions));

    private void RememberPlaces(List<SegmentView> before, ChangeSet changes, List<SegmentView> parts)
    {
        if (changes.IsWhole)
        {
            _places.Clear();
        }

        foreach (var id in changes.Documents)
        {
            _places.Remove(id);
        }

        var known = new HashSet<Segment>(before.Select(static p => p.Segment));
        foreach (var part in parts)
        {
            if (known.Contains(part.Segment))
            {
                continue;
            }

            for (var d = 0; d < part.Segment.Documents; d++)
            {
                _places[part.Segment.DocumentIds[d]] = new Place(part.Segment, d);
            }
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Place(Segment Segment, int Document);
}
