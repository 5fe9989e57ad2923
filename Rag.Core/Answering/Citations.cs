using Rag.Core.Retrieval;

namespace Rag.Core.Answering;

/// <summary>Makes citations of places in evidence.</summary>
internal static class Citations
{
    /// <summary>The citation of a range, in offsets of the document's text, within a piece of evidence.</summary>
    public static Citation Of(int number, Evidence evidence, int start, int end) => new()
    {
        Number = number,
        Evidence = evidence.Number,
        Chunk = evidence.Chunk,
        Document = evidence.Document,
        Generation = evidence.Generation,
        DocumentName = evidence.DocumentName,
        Title = evidence.Title,
        Page = evidence.Page,
        Start = start,
        End = end,
        Quote = evidence.Text[(start - evidence.Start)..(end - evidence.Start)],
    };
}
