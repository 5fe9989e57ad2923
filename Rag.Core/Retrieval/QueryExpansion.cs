using System.Runtime.InteropServices;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Analysis;

namespace Rag.Core.Retrieval;

/// <summary>
/// Adds the telling words of the best passages to a query (pseudo-relevance feedback; the weights follow the relevance model of
/// Lavrenko and Croft, SIGIR 2001, kept small beside the query's own). It finds passages that use other words for the same matter.
/// </summary>
internal static class QueryExpansion
{
    /// <summary>How many passages are learned from.</summary>
    public const int Passages = 10;

    // Measured over the judged collections together: more helps where many documents answer and harms where one does.
    private const double Share = 0.15;
    private const int Words = 20;

    // Words that every eighth passage holds tell nothing, and their postings are the long ones.
    private const double MinWeight = 2;

    /// <summary>The words of the passages with how much each speaks for itself, before rarity is known.</summary>
    public static List<TermWeight> WordsOf(IAnalyzer analyzer, IReadOnlyList<VerifiedChunk> chunks)
    {
        var words = new Dictionary<long, double>();
        foreach (var chunk in chunks.Take(Passages))
        {
            var title = chunk.Title is null ? [] : analyzer.TermsOf(chunk.Title);
            var count = title.Count + chunk.Terms.Value.Count;
            foreach (var term in title.Concat(chunk.Terms.Value))
            {
                // Each passage gives as much as its score is worth, shared among its words.
                CollectionsMarshal.GetValueRefOrAddDefault(words, term.Hash, out _) += chunk.Candidate.Score / chunks[0].Candidate.Score / count;
            }
        }

        return [.. words.Select(static w => new TermWeight(w.Key, (float)w.Value))];
    }

    /// <summary>The query with the best of the words; the words together weigh <see cref="Share"/> of what the query weighs.</summary>
    /// <param name="query">The query's terms.</param>
    /// <param name="queryWeights">Their inverse document frequencies.</param>
    /// <param name="words">From <see cref="WordsOf"/>.</param>
    /// <param name="wordWeights">Their inverse document frequencies.</param>
    public static IReadOnlyList<TermWeight> Expand(
        IReadOnlyList<TermWeight> query, IReadOnlyList<double> queryWeights, IReadOnlyList<TermWeight> words, IReadOnlyList<double> wordWeights)
    {
        var best = words.Zip(wordWeights, static (word, idf) => (word.Hash, word.Weight, Worth: word.Weight * idf, Idf: idf))
            .Where(static w => w.Idf > MinWeight)
            .OrderByDescending(static w => w.Worth)
            .ThenBy(static w => w.Hash)
            .Take(Words)
            .ToList();
        if (best.Count == 0)
        {
            return query;
        }

        var queryWorth = query.Zip(queryWeights, static (term, idf) => term.Weight * idf).Sum();
        var factor = Share * queryWorth / best.Sum(static w => w.Worth);
        var expanded = query.ToDictionary(static t => t.Hash, static t => t.Weight);
        foreach (var word in best)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(expanded, word.Hash, out _) += (float)(factor * word.Weight);
        }

        return [.. expanded.Select(static t => new TermWeight(t.Key, t.Value))];
    }
}
