using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Retrieval;

/// <summary>Finds the words of a query in a passage.</summary>
internal static class Highlighter
{
    /// <summary>Ascending, not touching each other; offsets in the document, whose code unit <paramref name="offset"/> is the passage's first.</summary>
    public static IReadOnlyList<TextSpan> Find(QueryTerms query, IReadOnlyList<AnalyzedTerm> terms, int offset)
    {
        if (query.Distinct.Count == 0)
        {
            return [];
        }

        var spans = new List<TextSpan>();
        foreach (var term in terms)
        {
            if (!query.Places.ContainsKey(term.Hash))
            {
                continue;
            }

            // Pairs of characters overlap: two that touch are one highlight.
            if (spans.Count > 0 && spans[^1].End >= offset + term.Start)
            {
                spans[^1] = new TextSpan(spans[^1].Start, Math.Max(spans[^1].End, offset + term.End));
            }
            else
            {
                spans.Add(new TextSpan(offset + term.Start, offset + term.End));
            }
        }

        return spans;
    }
}
