using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Tests.Storage;
using Rag.Testing;

namespace Rag.Core.Tests.Jobs;

/// <summary>The query by which workers are scaled stands in the values; it has to fit the tables as they are.</summary>
[Collection(PostgresCollection.Name)]
public sealed class DocumentedQueueQueryTests(PostgresFixture postgres)
{
    private static IEnumerable<string> Files => Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy"), "*.yaml", SearchOption.AllDirectories);

    [Fact]
    public async Task It_counts_what_a_worker_could_take_now_and_what_is_in_work()
    {
        var queries = Files.SelectMany(static file => Queries(File.ReadAllLines(file))).Distinct().ToList();
        Assert.NotEmpty(queries);
        foreach (var query in queries)
        {
            await using var engine = await TestEngine.StartAsync(postgres);
            var papers = await engine.CreateCollectionAsync("papers");
            var others = await engine.CreateCollectionAsync("others");
            Assert.Equal(0, await engine.ScalarAsync<long>(query));

            await engine.SubmitAsync(papers, "in work");
            var running = await engine.Jobs.ClaimAsync("w", CancellationToken.None);
            await engine.SubmitAsync(papers, "waits");
            await engine.SubmitAsync(others, "waits as well");
            Assert.NotNull(running);
            Assert.Equal(3, await engine.ScalarAsync<long>(query));

            // What nobody may take needs no worker.
            await engine.Get<QueueControl>().PauseAsync(others.Id, CancellationToken.None);
            Assert.Equal(2, await engine.ScalarAsync<long>(query));
            await engine.Get<QueueControl>().ResumeAsync(others.Id, CancellationToken.None);
            await engine.ExecuteAsync("update jobs set available_at = now() + interval '1 hour' where collection_id = $1", others.Id.Value);
            Assert.Equal(2, await engine.ScalarAsync<long>(query));
            await engine.Jobs.FailAsync(running, FailureKind.Document, new Problem("x", "x"), "store", CancellationToken.None);
            Assert.Equal(1, await engine.ScalarAsync<long>(query));
        }
    }

    // query: >-
    //   select ...
    private static IEnumerable<string> Queries(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimStart().StartsWith("query: >-", StringComparison.Ordinal))
            {
                var depth = Depth(lines[i]);
                yield return string.Join(' ', lines.Skip(i + 1).TakeWhile(line => line.Length > 0 && Depth(line) > depth).Select(static line => line.Trim()));
            }
        }

        static int Depth(string line) => line.Length - line.TrimStart().Length;
    }
}
