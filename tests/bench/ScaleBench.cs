using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Rag.Client;

namespace Rag.Bench;

/// <summary>
/// The embedded index against the number of chunks. The documents take the ordinary way in, by upload and worker, once, with vectors; each
/// size is a collection. Then an API that has just started loads one of them, by its terms alone or with the vectors.
/// </summary>
internal static partial class ScaleBench
{
    // Measured a second time the same query is no slower, so that fewer do at the sizes where each takes long.
    private const int Queries = 500;

    public static async Task<Table> RunAsync(NaturalText text, bool quick)
    {
        var divide = quick ? 10 : 1;
        var queries = text.Sample(Queries / (quick ? 5 : 1));
        var table = new Table(
            "scale", "chunks", "mode", "start to ready", "first search", "1 client: p50 / p95 / p99 in ms", "8 clients: p50 / p95 / p99 in ms", "API memory", "of it the index", "per chunk");
        await using var stack = await BenchStack.StartAsync("local");
        var sizes = new List<(string Collection, long Chunks)>();
        foreach (var chunks in (int[])[10_000, 100_000, 500_000])
        {
            var name = $"s{chunks}";
            var watch = Stopwatch.StartNew();
            var loaded = await IngestBench.RunAsync(stack.Client, text, name, chunks / divide / IngestBench.ChunksOfReport, IngestBench.ReportBytes, perRequest: 5);
            Console.WriteLine($"{loaded.Chunks} chunks ingested in {watch.Elapsed.TotalSeconds:F0} s, {loaded.MegabytesPerSecond:F1} MB/s");
            sizes.Add((name, loaded.Chunks));
        }

        await stack.SettleAsync();
        foreach (var (embedding, mode) in ((string, SearchMode)[])[("none", SearchMode.Lexical), ("local", SearchMode.Hybrid)])
        {
            foreach (var (collection, chunks) in sizes)
            {
                await MeasureAsync(table, stack, embedding, mode, collection, chunks, queries);
            }
        }

        return table;
    }

    private static async Task MeasureAsync(Table table, BenchStack stack, string embedding, SearchMode mode, string collection, long chunks, string[] queries)
    {
        var start = await stack.StartApiAsync(embedding);
        // Another collection first, so that what every first search costs is not counted as loading.
        await stack.Client.CreateCollectionAsync(new CreateCollection($"{collection}-{embedding}-empty"));
        await stack.Client.SearchAsync($"{collection}-{embedding}-empty", new SearchRequest(queries[0], Mode: mode));
        var before = BenchStack.ResidentMiB(stack.Api.Id);
        var watch = Stopwatch.StartNew();
        await stack.Client.SearchAsync(collection, new SearchRequest(queries[0], Mode: mode));
        var first = watch.Elapsed;
        var one = await SearchBench.RunAsync(stack, collection, mode, queries, clients: 1);
        var eight = await SearchBench.RunAsync(stack, collection, mode, queries, clients: 8);
        var memory = BenchStack.ResidentMiB(stack.Api.Id);
        table.Add(
            chunks.ToString(CultureInfo.InvariantCulture),
            mode.ToString().ToLowerInvariant(),
            $"{start.TotalSeconds:F2} s",
            $"{first.TotalSeconds:F2} s",
            one.ToString(),
            eight.ToString(),
            $"{memory:F0} MiB",
            $"{IndexKiB(stack.Api.Output, chunks) / 1024:F0} MiB",
            $"{(memory - before) * 1024 * 1024 / chunks:F0} bytes");
    }

    // "Collection ... is loaded into the index: 9854 chunks, 6172 KiB, 310 ms."
    private static double IndexKiB(string log, long chunks) => Loaded().Matches(log)
        .Where(match => match.Groups["chunks"].Value == chunks.ToString(CultureInfo.InvariantCulture))
        .Select(static match => double.Parse(match.Groups["kib"].Value, CultureInfo.InvariantCulture))
        .Last();

    [GeneratedRegex(@"is loaded into the index: (?<chunks>\d+) chunks, (?<kib>\d+) KiB", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Loaded();
}
