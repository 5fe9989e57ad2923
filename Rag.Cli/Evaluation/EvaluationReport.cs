using System.Globalization;
using System.Text.Json.Serialization;
using Rag.Client;
using Rag.Core.Evaluation;

namespace Rag.Cli.Evaluation;

/// <summary>What <c>rag eval</c> measured, as a table or as JSON.</summary>
internal static class EvaluationReport
{
    public static void Print(Terminal terminal, JudgedCollection judged, List<EvaluationRow> rows, bool json)
    {
        if (json)
        {
            terminal.Line(CliJson.Write(new { collection = judged.Name, documents = judged.Documents.Count, results = rows }));
            return;
        }

        terminal.Line($"{judged.Name}: {judged.Documents.Count} documents, {judged.Queries.Count} judged queries");
        terminal.Line("mode      nDCG@10  Recall@100  MRR@10   median ms");
        var measured = rows.DistinctBy(row => row.Ran).ToList();
        foreach (var row in measured)
        {
            var instead = row.Ran == row.Mode ? "" : $"  (ran as {Name(row.Ran)}: {row.Notice})";
            terminal.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"{Name(row.Mode),-8}  {row.Ndcg10,7:0.0000}  {row.Recall100,10:0.0000}  {row.Mrr10,6:0.0000}  {row.MedianMs,10:0.0}{instead}"));
        }

        if (measured.Find(row => row.Ran == SearchMode.Lexical) is { } lexical)
        {
            foreach (var row in measured.Where(row => row.ProbabilityAgainstLexical is not null))
            {
                terminal.Line(Compared(row, lexical));
            }
        }

        foreach (var others in rows.Except(measured).GroupBy(row => row.Ran))
        {
            terminal.Line($"{string.Join(" and ", others.Select(row => Name(row.Mode)))} ran as {Name(others.Key)}: {others.First().Notice}");
        }

        if (rows.Exists(row => row.Ran != row.Mode))
        {
            terminal.Line(
                "Dense and hybrid search need Rag:Embedding:Provider, and documents processed with it. To measure with the local embedder, start with: "
                + "Rag__Embedding__Provider=local ./rag up");
        }
    }

    private static string Compared(EvaluationRow row, EvaluationRow lexical) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name(row.Mode)} against lexical: nDCG@10 {row.Ndcg10 - lexical.Ndcg10:+0.0000;-0.0000;0.0000}, p = {row.ProbabilityAgainstLexical:0.000}, {(row.ProbabilityAgainstLexical < 0.05 ? "significant" : "not significant")} at 0.05 (paired randomisation test)");

    private static string Name(SearchMode mode) => mode.ToString().ToLowerInvariant();
}

/// <summary>One mode's figures.</summary>
/// <param name="Mode">What was asked for.</param>
/// <param name="Ran">What ran instead, where the API could not do it.</param>
/// <param name="Ndcg10">Mean over the queries.</param>
/// <param name="Recall100">Mean over the queries.</param>
/// <param name="Mrr10">Mean over the queries.</param>
/// <param name="MedianMs">Of a search, over HTTP, one at a time.</param>
/// <param name="Queries">How many.</param>
/// <param name="Notice">What the API said to it.</param>
internal sealed record EvaluationRow(
    SearchMode Mode, SearchMode Ran, double Ndcg10, double Recall100, double Mrr10, double MedianMs, int Queries, string? Notice)
{
    /// <summary>nDCG@10 of each query, in their order.</summary>
    [JsonIgnore]
    public IReadOnlyList<double> Scores { get; init; } = [];

    /// <summary>How likely chance alone makes a difference to lexical as large as this one; null where there is nothing to compare with.</summary>
    public double? ProbabilityAgainstLexical { get; init; }
}
