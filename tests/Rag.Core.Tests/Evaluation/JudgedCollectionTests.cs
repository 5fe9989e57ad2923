using System.Globalization;
using Rag.Core.Documents;
using Rag.Core.Evaluation;
using Rag.Core.Retrieval;
using Rag.Core.Tests.Retrieval;
using Rag.Testing;
using Xunit.Abstractions;

namespace Rag.Core.Tests.Evaluation;

/// <summary>
/// The product's own chunking, analysis, index and check on judged collections. The figures to reach are those of Lucene's English
/// analyzer with the same BM25 parameters, for the other languages those of its standard analyzer, each less 0.01.
/// </summary>
public sealed class JudgedCollectionTests(PostgresFixture postgres, ITestOutputHelper output) : IClassFixture<PostgresFixture>
{
    private const double Allowance = 0.01;

    // The measures look at a hundred documents, each by its best passage.
    private const int Documents = 100;

    [SharedTheory]
    [InlineData("cranfield", 0.5168, 0.7498)]
    [InlineData("cisi", 0.3845, 0.4473)]
    [InlineData("scifact", 0.6826, 0.9282)]
    [InlineData("squad-dev-s", 0.8839, 0.9934)]
    public async Task Lexical_search_is_as_good_as_the_reference_and_the_default_not_worse(string name, double ndcg, double recall)
    {
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync());
        var (collection, judged) = await PublishAsync(world, name, "en");

        var lexical = await RunAsync(world, collection, judged, Documents, refine: false);
        Report(name, "lexical", lexical);
        Assert.True(lexical.Ndcg10 >= ndcg - Allowance, $"nDCG@10 is {lexical.Ndcg10:F4}, the reference has {ndcg:F4}.");
        Assert.True(lexical.Recall100 >= recall - Allowance, $"Recall@100 is {lexical.Recall100:F4}, the reference has {recall:F4}.");

        var refined = await RunAsync(world, collection, judged, Documents, refine: true);
        var probability = RandomisationTest.Probability([.. refined.Queries.Select(static q => q.Ndcg10)], [.. lexical.Queries.Select(static q => q.Ndcg10)]);
        Report(name, string.Create(CultureInfo.InvariantCulture, $"default (p={probability:F3})"), refined);
        Assert.True(refined.Ndcg10 > lexical.Ndcg10 || probability > 0.05, $"The default pipeline is significantly worse: {refined.Ndcg10:F4} against {lexical.Ndcg10:F4}.");
    }

    [SharedTheory]
    [InlineData("xquad-en", "en", 0.9587)]
    [InlineData("xquad-de", "de", 0.9173)]
    [InlineData("xquad-ru", "ru", 0.8702)]
    [InlineData("xquad-zh", "zh", 0.9500)]
    public async Task Other_languages_are_as_good_as_a_standard_analyzer(string name, string language, double ndcg)
    {
        await using var world = await SearchWorld.StartAsync(await postgres.CreateDatabaseAsync());
        var (collection, judged) = await PublishAsync(world, name, language);
        var lexical = await RunAsync(world, collection, judged, 20, refine: false);
        Report(name, "lexical", lexical);
        Assert.True(lexical.Ndcg10 >= ndcg - Allowance, $"nDCG@10 is {lexical.Ndcg10:F4}, the reference has {ndcg:F4}.");
    }

    private static async Task<(Collection Collection, JudgedCollection Judged)> PublishAsync(SearchWorld world, string name, string language)
    {
        var judged = await JudgedCollection.ReadAsync(Path.Combine(SharedTheoryAttribute.Directory!, name), default);
        var collection = await world.CreateCollectionAsync(name, language);
        await world.PublishAsync(collection, [.. judged.Documents.Select(static d => new NewDocument(d.Id, d.Text.ReplaceLineEndings("\n"), d.Title))]);
        return (collection, judged);
    }

    private static Task<EvaluationResult> RunAsync(SearchWorld world, Collection collection, JudgedCollection judged, int limit, bool refine) =>
        Evaluator.RunAsync(
            judged.Queries,
            async (query, token) =>
            {
                var result = await world.Retrieval.SearchAsync(
                    new SearchQuery { Collection = collection, Text = query.Text, Mode = SearchMode.Lexical, Limit = limit, PassagesPerDocument = 1, Rerank = refine }, token);
                return [.. result.Evidence.Select(static e => e.SourceId)];
            },
            default);

    private void Report(string name, string pipeline, EvaluationResult result)
    {
        var times = result.Queries.Select(static q => q.Duration.TotalMilliseconds).Order().ToList();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-12} {pipeline,-20} nDCG@10 {result.Ndcg10:F4}  Recall@100 {result.Recall100:F4}  MRR@10 {result.Mrr10:F4}  p50 {times[times.Count / 2]:F1} ms  p95 {times[times.Count * 95 / 100]:F1} ms"));
    }
}
