using System.Text.Json.Nodes;
using Rag.Core.Documents;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Tests.Indexing.Conformance;

/// <summary>
/// What an index should find, worked out the slow way: every document against every query, in double precision, from the definitions of
/// BM25 (Robertson and Zaragoza 2009, k1 1.2, b 0.75, with the idf that is never negative), the cosine and reciprocal rank fusion.
/// </summary>
internal sealed class ReferenceIndex(IAnalyzer analyzer)
{
    private const double K1 = 1.2;
    private const double B = 0.75;

    private readonly Dictionary<DocumentId, Entry> _entries = [];

    public IEnumerable<DocumentId> Documents => _entries.Keys;

    public double AverageLength => _entries.Count == 0 ? 1 : _entries.Values.Average(static e => (double)e.Length);

    public void Put(DocumentId document, string text, float[]? vector, JsonObject? metadata)
    {
        var terms = new List<AnalyzedTerm>();
        analyzer.Analyze(text, terms);
        _entries[document] = new Entry(terms.GroupBy(static t => t.Hash).ToDictionary(static g => g.Key, static g => g.Count()), terms.Count, vector, metadata ?? []);
    }

    public void Remove(DocumentId document) => _entries.Remove(document);

    public IReadOnlyList<TermWeight> Terms(string query)
    {
        var terms = new List<AnalyzedTerm>();
        analyzer.Analyze(query, terms);
        return [.. terms.GroupBy(static t => t.Hash).Select(static g => new TermWeight(g.Key, g.Count()))];
    }

    public double InverseDocumentFrequency(long term)
    {
        var holders = _entries.Values.Count(e => e.Terms.ContainsKey(term));
        return Math.Log(1 + ((_entries.Count - holders + 0.5) / (holders + 0.5)));
    }

    /// <summary>Documents that hold a word of the query, best first.</summary>
    /// <param name="query">As a person writes it.</param>
    /// <param name="averageLength">The one that the index says it counts with.</param>
    /// <param name="filter">Over metadata; null: all.</param>
    public List<(DocumentId Document, double Score)> Lexical(string query, double averageLength, Func<JsonObject, bool>? filter = null)
    {
        var terms = Terms(query).Select(t => (t.Hash, Weight: t.Weight * InverseDocumentFrequency(t.Hash))).ToList();
        return Ranked(entry =>
        {
            var norm = K1 * (1 - B + (B * entry.Length / averageLength));
            return terms.Sum(t => entry.Terms.TryGetValue(t.Hash, out var frequency) ? t.Weight * frequency * (K1 + 1) / (frequency + norm) : 0);
        }, filter);
    }

    /// <summary>Documents by their likeness to a vector, best first; those without content are like nothing.</summary>
    public List<(DocumentId Document, double Score)> Dense(float[] vector, Func<JsonObject, bool>? filter = null) =>
        Ranked(entry => entry.Vector is { } own ? own.Zip(vector, static (a, b) => (double)a * b).Sum() : 0, filter);

    /// <summary>The first and the last place, counted from 0, that a document may have: those with its score share them. Null: it is not ranked.</summary>
    public static (int First, int Last)? PlacesOf(List<(DocumentId Document, double Score)> ranking, DocumentId document)
    {
        var place = ranking.FindIndex(r => r.Document == document);
        if (place < 0)
        {
            return null;
        }

        bool IsSame((DocumentId Document, double Score) other) => Math.Abs(other.Score - ranking[place].Score) <= Math.Abs(other.Score) * 1e-5;
        return (ranking.FindIndex(IsSame), ranking.FindLastIndex(IsSame));
    }

    private List<(DocumentId Document, double Score)> Ranked(Func<Entry, double> score, Func<JsonObject, bool>? filter) =>
        [.. _entries.Where(e => filter?.Invoke(e.Value.Metadata) ?? true)
            .Select(e => (e.Key, Score: score(e.Value)))
            .Where(static s => s.Score != 0)
            .OrderByDescending(static s => s.Score)];

    private sealed record Entry(Dictionary<long, int> Terms, int Length, float[]? Vector, JsonObject Metadata);
}
