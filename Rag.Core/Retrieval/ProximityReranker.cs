using System.Runtime.InteropServices;
using Rag.Core.Indexing;

namespace Rag.Core.Retrieval;

/// <summary>
/// Prefers passages in which words that stand together in the query stand together too, which BM25 does not see. After the
/// sequential dependence model (Metzler and Croft, SIGIR 2005) in the additive form of Rasolofo and Savoy (ECIR 2003): a pair
/// counts by the rarity of its commoner word and by how near its words stand.
/// </summary>
internal static class ProximityReranker
{
    /// <summary>How many passages are looked at; the rest keep their places behind them.</summary>
    public const int Window = 30;

    // Measured over the judged collections together, not for any one of them: see docs/decisions on the default pipeline.
    private const double PairWeight = 0.3;

    // Words of the query this near to each other form a pair; words of the text at most this far apart count for it.
    private const int QueryDistance = 2;
    private const int TextDistance = 8;

    /// <summary>The chunks in their final order.</summary>
    /// <param name="query">The query as asked, without any expansion.</param>
    /// <param name="weights">Inverse document frequencies of its distinct terms.</param>
    /// <param name="averageLength">Mean length of the collection's chunks in terms.</param>
    /// <param name="chunks">Best first.</param>
    public static List<VerifiedChunk> Rerank(
        QueryTerms query, IReadOnlyList<double> weights, double averageLength, List<VerifiedChunk> chunks)
    {
        var pairs = Pairs(query, weights);
        if (pairs.Count == 0 || chunks.Count == 0)
        {
            return chunks;
        }

        // Fused scores are in parts of the best lexical one, so the pairs must be too.
        var scale = chunks[0].Candidate.Fused is null ? 1 : Math.Max(1e-9, chunks.Max(static c => c.Candidate.Lexical ?? 0));
        var head = chunks.Take(Window)
            .Select(c => c with { Rerank = c.Candidate.Score + (PairWeight * PairScore(query, pairs, averageLength, c) / scale) })
            .OrderByDescending(static c => c.Rerank);
        return [.. head, .. chunks.Skip(Window)];
    }

    private static Dictionary<Pair, double> Pairs(QueryTerms query, IReadOnlyList<double> weights)
    {
        var pairs = new Dictionary<Pair, double>();
        for (var i = 0; i < query.Sequence.Count; i++)
        {
            for (var j = i + 1; j < query.Sequence.Count && j - i <= QueryDistance; j++)
            {
                var (a, b) = (query.Places[query.Sequence[i].Hash], query.Places[query.Sequence[j].Hash]);
                if (a != b)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(pairs, Pair.Of(a, b), out _) += Math.Min(weights[a], weights[b]) / (j - i);
                }
            }
        }

        return pairs;
    }

    private static double PairScore(QueryTerms query, Dictionary<Pair, double> pairs, double averageLength, VerifiedChunk chunk)
    {
        var terms = chunk.Terms.Value;
        var near = new Dictionary<Pair, double>();
        var recent = new List<(int Position, int Term)>();
        for (var position = 0; position < terms.Count; position++)
        {
            if (!query.Places.TryGetValue(terms[position].Hash, out var term))
            {
                continue;
            }

            recent.RemoveAll(r => position - r.Position > TextDistance);
            foreach (var (before, other) in recent)
            {
                var pair = Pair.Of(term, other);
                if (pairs.ContainsKey(pair))
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(near, pair, out _) += 1.0 / (position - before);
                }
            }

            recent.Add((position, term));
        }

        var norm = Bm25.K1 * (1 - Bm25.B + (Bm25.B * terms.Count / averageLength));
        return near.Sum(n => pairs[n.Key] * n.Value * (Bm25.K1 + 1) / (n.Value + norm));
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Pair(int First, int Second)
    {
        public static Pair Of(int a, int b) => a < b ? new Pair(a, b) : new Pair(b, a);
    }
}
