using Rag.Core.Indexing;

namespace Rag.Core.Retrieval;

/// <summary>
/// Puts two rankings together by reciprocal rank (Cormack, Clarke, Büttcher, SIGIR 2009): scores of different retrievers cannot be
/// compared, places can.
/// </summary>
internal static class RankFusion
{
    /// <summary>Flattens the difference between the first places; the paper's value.</summary>
    public const int K = 60;

    /// <summary>The candidates of both lists, best first; of equal ones the lexically better first.</summary>
    public static List<Candidate> Fuse(IReadOnlyList<IndexHit> lexical, IReadOnlyList<IndexHit> dense)
    {
        var places = new Dictionary<(Guid Document, int Ordinal), int>();
        var candidates = new List<Candidate>();
        for (var i = 0; i < lexical.Count; i++)
        {
            places[(lexical[i].Document.Value, lexical[i].Ordinal)] = candidates.Count;
            candidates.Add(new Candidate(lexical[i]) { Lexical = lexical[i].Score, Fused = 1.0 / (K + i + 1) });
        }

        for (var i = 0; i < dense.Count; i++)
        {
            var score = 1.0 / (K + i + 1);
            if (places.TryGetValue((dense[i].Document.Value, dense[i].Ordinal), out var place))
            {
                candidates[place] = candidates[place] with { Dense = dense[i].Score, Fused = candidates[place].Fused + score };
            }
            else
            {
                candidates.Add(new Candidate(dense[i]) { Dense = dense[i].Score, Fused = score });
            }
        }

        // Stable, so that ties keep the lexical order.
        return [.. candidates.OrderByDescending(static c => c.Fused)];
    }
}

/// <summary>A hit on its way through the stages.</summary>
internal sealed record Candidate(IndexHit Hit)
{
    public double? Lexical { get; init; }

    public double? Dense { get; init; }

    public double? Fused { get; init; }

    /// <summary>What the order follows before reranking.</summary>
    public double Score => Fused ?? Lexical ?? Dense ?? 0;
}
