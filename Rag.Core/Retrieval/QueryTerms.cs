using Rag.Core.Indexing;
using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Retrieval;

/// <summary>A query as terms: in order, and distinct with their frequencies.</summary>
internal sealed class QueryTerms
{
    private QueryTerms(IReadOnlyList<AnalyzedTerm> sequence, IReadOnlyList<TermWeight> distinct)
    {
        Sequence = sequence;
        Distinct = distinct;
        Places = distinct.Select(static (t, i) => (t.Hash, i)).ToDictionary(static t => t.Hash, static t => t.i);
    }

    /// <summary>In the order of the query, repeated ones repeated.</summary>
    public IReadOnlyList<AnalyzedTerm> Sequence { get; }

    /// <summary>By first occurrence. Repeating a word weighs it more: long queries depend on it.</summary>
    public IReadOnlyList<TermWeight> Distinct { get; }

    /// <summary>Where a term stands in <see cref="Distinct"/>.</summary>
    public IReadOnlyDictionary<long, int> Places { get; }

    /// <summary>The terms by one analyzer, and behind them those that only others make of the same text.</summary>
    public static QueryTerms Of(IAnalyzer analyzer, IEnumerable<IAnalyzer> others, string text)
    {
        var own = Of(analyzer, text);
        var distinct = own.Distinct.Concat(others.SelectMany(o => Of(o, text).Distinct)).DistinctBy(static t => t.Hash).ToList();
        return distinct.Count == own.Distinct.Count ? own : new QueryTerms(own.Sequence, distinct);
    }

    public static QueryTerms Of(IAnalyzer analyzer, string text)
    {
        var sequence = new List<AnalyzedTerm>();
        analyzer.Analyze(text, sequence);
        var distinct = sequence.GroupBy(static t => t.Hash).Select(static g => new TermWeight(g.Key, g.Count())).ToList();
        return new QueryTerms(sequence, distinct);
    }
}
