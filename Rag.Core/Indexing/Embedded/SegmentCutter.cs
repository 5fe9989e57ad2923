using Rag.Core.Documents;

namespace Rag.Core.Indexing.Embedded;

/// <summary>
/// Makes segments of documents that come one after the other, a new one wherever the last has enough: what is collected takes several
/// times the memory of the segment made of it. Not thread-safe; used once.
/// </summary>
internal sealed class SegmentCutter(int dimensions, int postingsPerSegment)
{
    // A vector takes more than a chunk's terms.
    private const int FloatsPerSegment = 25_000_000;

    private readonly List<Segment> _segments = [];
    private readonly int _maxChunks = dimensions == 0 ? int.MaxValue : Math.Max(1, FloatsPerSegment / dimensions);

    /// <summary>Takes the chunks of the document begun last.</summary>
    public SegmentBuilder Builder { get; private set; } = new(dimensions);

    /// <summary>As <see cref="SegmentBuilder.BeginDocument"/>.</summary>
    public void BeginDocument(DocumentId document, long generation, string analyzer, ReadOnlySpan<byte> metadata)
    {
        if (Builder.Postings >= postingsPerSegment || Builder.Chunks >= _maxChunks)
        {
            Cut();
        }

        Builder.BeginDocument(document, generation, analyzer, metadata);
    }

    /// <summary>All segments.</summary>
    public List<Segment> Finish()
    {
        Cut();
        return _segments;
    }

    private void Cut()
    {
        if (Builder.Documents > 0)
        {
            _segments.Add(Builder.Build());
            Builder = new SegmentBuilder(dimensions);
        }
    }
}
