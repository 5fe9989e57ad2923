using Rag.Core.Evaluation;

namespace Rag.Core.Tests.Evaluation;

public sealed class RankingMetricsTests
{
    private static readonly Dictionary<string, int> Grades = new() { ["a"] = 3, ["b"] = 2, ["c"] = 3, ["d"] = 0, ["e"] = 1, ["f"] = 2 };

    [Fact]
    public void Ndcg_uses_linear_gains_and_the_ideal_of_all_judged_documents()
    {
        // The textbook list with gains 3 2 3 0 1 2: DCG 6.861; the ideal order 3 3 2 2 1 gives 7.141.
        Assert.Equal(6.861 / 7.141, RankingMetrics.Ndcg(["a", "b", "c", "d", "e", "f"], Grades), 3);
        Assert.Equal(1, RankingMetrics.Ndcg(["a", "c", "b", "f", "e"], Grades), 12);
        Assert.Equal(0, RankingMetrics.Ndcg(["x", "y"], Grades));
        Assert.True(RankingMetrics.Ndcg(["a"], Grades) < 0.5);
        Assert.Equal(0, RankingMetrics.Ndcg(["a"], new Dictionary<string, int> { ["a"] = 0 }));
    }

    [Fact]
    public void What_stands_behind_the_cutoff_does_not_count()
    {
        string[] late = [.. Enumerable.Range(0, 10).Select(static i => $"x{i}"), "a"];
        Assert.Equal(0, RankingMetrics.Ndcg(late, Grades));
        Assert.Equal(0, RankingMetrics.ReciprocalRank(late, Grades));
        Assert.Equal(0.2, RankingMetrics.Recall(late, Grades), 12);
        Assert.Equal(1.0 / 2, RankingMetrics.ReciprocalRank(["d", "e"], Grades));
    }

    [Fact]
    public void A_document_stands_where_its_best_passage_stands() =>
        Assert.Equal(["b", "a", "c"], RankingMetrics.DistinctDocuments(["b", "b", "a", "b", "c", "a"]));

    [Fact]
    public void Chance_explains_noise_and_not_a_steady_difference()
    {
        var random = new Random(5);
        var scores = Enumerable.Range(0, 200).Select(_ => random.NextDouble()).ToList();
        var noisy = scores.Select(s => s + ((random.NextDouble() - 0.5) * 0.1)).ToList();
        var better = scores.Select(s => s + 0.01 + ((random.NextDouble() - 0.5) * 0.05)).ToList();
        Assert.Equal(1, RandomisationTest.Probability(scores, scores));
        Assert.True(RandomisationTest.Probability(scores, noisy) > 0.05);
        Assert.True(RandomisationTest.Probability(scores, better) < 0.001);
        // Three of three in one direction happen by chance in one of four cases.
        Assert.InRange(RandomisationTest.Probability([1, 1, 1], [0, 0, 0]), 0.23, 0.27);
    }

    [Fact]
    public async Task Collections_are_read_whole_and_faults_name_their_line()
    {
        var directory = Directory.CreateTempSubdirectory("rag-test-beir-");
        try
        {
            var root = directory.FullName;
            await File.WriteAllTextAsync(Path.Combine(root, "corpus.jsonl"), """
                {"_id": "1", "title": "T", "text": "one"}
                {"_id": "2", "title": "", "text": ""}
                """);
            await File.WriteAllTextAsync(Path.Combine(root, "queries.jsonl"), """
                {"_id": "q1", "text": "judged"}
                {"_id": "q2", "text": "not judged"}
                """);
            await File.WriteAllTextAsync(Path.Combine(root, "qrels.tsv"), "query-id\tcorpus-id\tscore\nq1\t1\t2\nq1\t2\t0\n");

            var collection = await JudgedCollection.ReadAsync(root, default);
            Assert.Equal([new JudgedDocument("1", "T", "one"), new JudgedDocument("2", null, "")], collection.Documents);
            var query = Assert.Single(collection.Queries);
            Assert.Equal((2, 0), (query.Grades["1"], query.Grades["2"]));

            await File.AppendAllTextAsync(Path.Combine(root, "corpus.jsonl"), "\n{\"_id\": 3}");
            var fault = await Assert.ThrowsAsync<RagException>(() => JudgedCollection.ReadAsync(root, default));
            Assert.Equal("collection-unreadable", fault.Code);
            Assert.Contains("Line 3", fault.Message, StringComparison.Ordinal);
            File.Delete(Path.Combine(root, "qrels.tsv"));
            Assert.Contains("qrels.tsv", (await Assert.ThrowsAsync<RagException>(() => JudgedCollection.ReadAsync(root, default))).Message, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
