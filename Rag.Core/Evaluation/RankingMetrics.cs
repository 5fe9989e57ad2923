namespace Rag.Core.Evaluation;

/// <summary>Measures of one ranked list of document ids against the grades of one query. Ids must be distinct, best first.</summary>
public static class RankingMetrics
{
    /// <summary>How many distinct documents of a ranking count.</summary>
    public const int Depth = 100;

    /// <summary>The first <see cref="Depth"/> distinct documents of a ranking of passages: a document stands where its best passage stands.</summary>
    public static IReadOnlyList<string> DistinctDocuments(IEnumerable<string> documentsOfPassages) =>
        [.. documentsOfPassages.Distinct(StringComparer.Ordinal).Take(Depth)];

    /// <summary>
    /// Normalised discounted cumulative gain with the grades themselves as gains; the ideal is over all judged documents, found or
    /// not. Equals trec_eval's <c>ndcg_cut</c>. 0 when nothing is relevant.
    /// </summary>
    public static double Ndcg(IReadOnlyList<string> ranked, IReadOnlyDictionary<string, int> grades, int cutoff = 10)
    {
        ArgumentNullException.ThrowIfNull(ranked);
        ArgumentNullException.ThrowIfNull(grades);
        var ideal = Discounted(grades.Values.Where(static g => g > 0).OrderDescending().Take(cutoff));
        return ideal == 0 ? 0 : Discounted(ranked.Take(cutoff).Select(id => Math.Max(0, grades.GetValueOrDefault(id)))) / ideal;
    }

    /// <summary>Share of the relevant documents among the first <paramref name="cutoff"/>; 0 when nothing is relevant.</summary>
    public static double Recall(IReadOnlyList<string> ranked, IReadOnlyDictionary<string, int> grades, int cutoff = Depth)
    {
        ArgumentNullException.ThrowIfNull(ranked);
        ArgumentNullException.ThrowIfNull(grades);
        var relevant = grades.Values.Count(static g => g > 0);
        return relevant == 0 ? 0 : (double)ranked.Take(cutoff).Count(id => grades.GetValueOrDefault(id) > 0) / relevant;
    }

    /// <summary>1 over the place of the first relevant document within <paramref name="cutoff"/>; 0 when there is none.</summary>
    public static double ReciprocalRank(IReadOnlyList<string> ranked, IReadOnlyDictionary<string, int> grades, int cutoff = 10)
    {
        ArgumentNullException.ThrowIfNull(ranked);
        ArgumentNullException.ThrowIfNull(grades);
        for (var i = 0; i < Math.Min(cutoff, ranked.Count); i++)
        {
            if (grades.GetValueOrDefault(ranked[i]) > 0)
            {
                return 1.0 / (i + 1);
            }
        }

        return 0;
    }

    private static double Discounted(IEnumerable<int> gains) => gains.Select(static (gain, place) => gain / Math.Log2(place + 2)).Sum();
}
