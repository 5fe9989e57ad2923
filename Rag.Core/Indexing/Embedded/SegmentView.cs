namespace Rag.Core.Indexing.Embedded;

/// <summary>A segment as one snapshot sees it: which of its documents still count. Never changes; <see cref="Live"/> is not to be written after construction.</summary>
internal sealed class SegmentView
{
    // Versions are few: one, or two while a collection moves from one to the next.
    private readonly List<string> _analyzers = [];

    public SegmentView(Segment segment, Bits live)
    {
        Segment = segment;
        Live = live;
        LiveDocuments = live.Count();
        IsWhole = LiveDocuments == segment.Documents;
        for (var d = 0; d < segment.Documents; d++)
        {
            if (!live[d])
            {
                continue;
            }

            WithoutVector += segment.WithoutVector[d];
            if (!_analyzers.Contains(segment.Analyzers[d]))
            {
                _analyzers.Add(segment.Analyzers[d]);
            }

            LiveChunks += segment.FirstChunks[d + 1] - segment.FirstChunks[d];
            for (var c = segment.FirstChunks[d]; c < segment.FirstChunks[d + 1]; c++)
            {
                LiveLength += segment.Lengths[c];
            }
        }
    }

    public Segment Segment { get; }

    /// <summary>Of each document of the segment.</summary>
    public Bits Live { get; }

    public bool IsWhole { get; }

    public int LiveDocuments { get; }

    public int LiveChunks { get; }

    /// <summary>Sum of the lengths of the live chunks.</summary>
    public long LiveLength { get; }

    /// <summary>How many of the live chunks have no vector of the space that is searched.</summary>
    public int WithoutVector { get; }

    /// <summary>Versions of the analyzers of the live documents.</summary>
    public IReadOnlyList<string> Analyzers => _analyzers;

    /// <summary>How many of the postings belong to live chunks.</summary>
    public int LiveCount(PostingsReader postings)
    {
        if (IsWhole)
        {
            return postings.Count;
        }

        var count = 0;
        while (postings.MoveNext())
        {
            if (Live[Segment.DocumentOf[postings.Chunk]])
            {
                count++;
            }
        }

        return count;
    }
}
