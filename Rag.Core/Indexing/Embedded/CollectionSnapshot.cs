namespace Rag.Core.Indexing.Embedded;

/// <summary>A collection as of one change. Never changes; searches keep the one they began with.</summary>
internal sealed class CollectionSnapshot
{
    public static readonly CollectionSnapshot Empty = new([], 0);

    public CollectionSnapshot(IReadOnlyList<SegmentView> parts, long watermark)
    {
        Parts = parts;
        Watermark = watermark;
        long length = 0;
        foreach (var part in parts)
        {
            LiveChunks += part.LiveChunks;
            length += part.LiveLength;
            HasVectors |= part.Segment.Vectors is not null;
        }

        AverageLength = LiveChunks == 0 ? 1 : Math.Max(1, (double)length / LiveChunks);
    }

    public IReadOnlyList<SegmentView> Parts { get; }

    /// <summary>The last change it holds.</summary>
    public long Watermark { get; }

    public int LiveChunks { get; }

    /// <summary>Mean length of the live chunks in terms; at least 1.</summary>
    public double AverageLength { get; }

    public bool HasVectors { get; }
}
