using System.Collections.Concurrent;
using System.Diagnostics;
using Rag.Client;
using Rag.Core.Evaluation;

namespace Rag.Bench;

/// <summary>Latency of searching over HTTP, with the visibility check on, as a client sees it.</summary>
internal static class SearchBench
{
    /// <summary>Every query once, by <paramref name="clients"/> clients at a time; the first queries warm up and do not count.</summary>
    public static async Task<Percentiles> RunAsync(BenchStack stack, string collection, SearchMode mode, IReadOnlyList<string> queries, int clients)
    {
        foreach (var query in queries.Take(200))
        {
            await stack.Client.SearchAsync(collection, new SearchRequest(query, Limit: 10, Mode: mode));
        }

        var milliseconds = new ConcurrentBag<double>();
        await Parallel.ForEachAsync(queries, new ParallelOptions { MaxDegreeOfParallelism = clients }, async (query, cancellationToken) =>
        {
            var watch = Stopwatch.StartNew();
            var response = await stack.Client.SearchAsync(collection, new SearchRequest(query, Limit: 10, Mode: mode), cancellationToken);
            milliseconds.Add(watch.Elapsed.TotalMilliseconds);
            if (response.Mode != mode || response.Stale)
            {
                throw new InvalidOperationException($"Asked for {mode}, got {response.Mode} (stale: {response.Stale}): {response.Notice}");
            }
        });
        return new Percentiles(milliseconds);
    }

    /// <summary>Time from sending a question to the first text of its answer.</summary>
    public static async Task<Percentiles> FirstTokenAsync(BenchStack stack, string collection, IReadOnlyList<string> questions)
    {
        var milliseconds = new List<double>();
        foreach (var question in questions)
        {
            var watch = Stopwatch.StartNew();
            await foreach (var step in stack.Client.AskStreamAsync(collection, new AskRequest(question)))
            {
                if (step is AskEvent.Delta)
                {
                    milliseconds.Add(watch.Elapsed.TotalMilliseconds);
                    break;
                }
            }
        }

        return new Percentiles(milliseconds);
    }
}
