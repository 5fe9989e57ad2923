using Rag.Core.Indexing;

namespace Rag.Core.Retrieval;

/// <summary>
/// Puts two rankings together by their scores, each in parts of its best. Reciprocal ranks were measured too and lost on all four
/// English collections: they give the weaker retriever's first place as much weight as the stronger one's.
/// </summary>
internal static class RankFusion
{
    /// <summary>The candidates of both lists, best first; of equal ones the lexically better first.</summary>
    /// <param name="lexical">Best first.</param>
    /// <param name="dense">Best first.</param>
    /// <param name="denseWeight">What the best dense hit is worth when the best lexical one is worth 1.</param>
    /// <param name="denseFloor">The similarity that is worth nothing; null: that of the last dense hit.</param>
    public static List<Candidate> Fuse(IReadOnlyList<IndexHit> lexical, IReadOnlyList<IndexHit> dense, double denseWeight, double? denseFloor)
    {
        var places = new Dictionary<(Guid Document, int Ordinal), int>();
        var candidates = new List<Candidate>();
        var best = lexical.Count > 0 ? lexical[0].Score : 1;
        foreach (var hit in lexical)
        {
            places[(hit.Document.Value, hit.Ordinal)] = candidates.Count;
            candidates.Add(new Candidate(hit) { Lexical = hit.Score, Fused = hit.Score / best });
        }

        var floor = dense.Count == 0 ? 0 : denseFloor ?? dense[^1].Score;
        foreach (var hit in dense)
        {
            // With one hit, or equal ones, there is no spread to measure by: each counts as the best.
            var spread = dense[0].Score - floor;
            var score = denseWeight * (spread > 0 ? Math.Max(0, hit.Score - floor) / spread : 1);
            if (places.TryGetValue((hit.Document.Value, hit.Ordinal), out var place))
            {
                candidates[place] = candidates[place] with { Dense = hit.Score, Fused = candidates[place].Fused + score };
            }
            else
            {
                candidates.Add(new Candidate(hit) { Dense = hit.Score, Fused = score });
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
