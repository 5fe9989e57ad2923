using System.Diagnostics;

namespace Rag.Core.Evaluation;

/// <summary>Runs judged queries through a search and measures what it returns.</summary>
public static class Evaluator
{
    /// <summary>Asks every query, one after the other.</summary>
    /// <param name="queries">The judged queries.</param>
    /// <param name="search">Gives the document ids of the passages found for a query, best first; repeated ids are counted once.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task<EvaluationResult> RunAsync(
        IReadOnlyList<JudgedQuery> queries,
        Func<JudgedQuery, CancellationToken, Task<IReadOnlyList<string>>> search,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(search);
        var scores = new List<QueryScore>(queries.Count);
        foreach (var query in queries)
        {
            var started = Stopwatch.GetTimestamp();
            var ranked = RankingMetrics.DistinctDocuments(await search(query, cancellationToken));
            scores.Add(new QueryScore(
                query.Id,
                RankingMetrics.Ndcg(ranked, query.Grades),
                RankingMetrics.Recall(ranked, query.Grades),
                RankingMetrics.ReciprocalRank(ranked, query.Grades),
                Stopwatch.GetElapsedTime(started)));
        }

        return new EvaluationResult(scores);
    }
}

/// <summary>Scores of one query.</summary>
/// <param name="Query">Its id.</param>
/// <param name="Ndcg10">nDCG@10.</param>
/// <param name="Recall100">Recall@100.</param>
/// <param name="Mrr10">1 over the place of the first relevant document within ten.</param>
/// <param name="Duration">Time of the search.</param>
public sealed record QueryScore(string Query, double Ndcg10, double Recall100, double Mrr10, TimeSpan Duration);

/// <summary>Scores of a run.</summary>
/// <param name="Queries">By query, in the order asked.</param>
public sealed record EvaluationResult(IReadOnlyList<QueryScore> Queries)
{
    /// <summary>Mean nDCG@10; 0 without queries.</summary>
    public double Ndcg10 => Mean(static q => q.Ndcg10);

    /// <summary>Mean Recall@100.</summary>
    public double Recall100 => Mean(static q => q.Recall100);

    /// <summary>Mean reciprocal rank within ten.</summary>
    public double Mrr10 => Mean(static q => q.Mrr10);

    private double Mean(Func<QueryScore, double> of) => Queries.Count == 0 ? 0 : Queries.Average(of);
}
