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
        var analyzers = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var part in parts)
        {
            LiveChunks += part.LiveChunks;
            length += part.LiveLength;
            WithoutVector += part.WithoutVector;
            analyzers.UnionWith(part.Analyzers);
        }

        AverageLength = LiveChunks == 0 ? 1 : Math.Max(1, (double)length / LiveChunks);
        Analyzers = [.. analyzers];
    }

    public IReadOnlyList<SegmentView> Parts { get; }

    /// <summary>The last change it holds.</summary>
    public long Watermark { get; }

    public int LiveChunks { get; }

    /// <summary>Mean length of the live chunks in terms; at least 1.</summary>
    public double AverageLength { get; }

    /// <summary>How many live chunks have no vector of the space that is searched; as long as one has none, a search by vectors would miss it.</summary>
    public int WithoutVector { get; }

    /// <summary>Versions of the analyzers that made the terms of the live documents.</summary>
    public IReadOnlyList<string> Analyzers { get; }
}
