using Rag.Client;

namespace Rag.Bench;

/// <summary>One API and one worker: what ingesting, searching and waiting cost.</summary>
internal static class LaptopBench
{
    public static async Task<Table> RunAsync(NaturalText text, bool quick)
    {
        var divide = quick ? 10 : 1;
        var queries = text.Sample(2000 / divide);
        var table = new Table("laptop", "what", "measured");
        await IngestAsync(table, text, divide);
        await SearchAsync(table, text, queries, divide);
        return table;
    }

    private static async Task IngestAsync(Table table, NaturalText text, int divide)
    {
        await using var stack = await BenchStack.StartAsync("none");
        await Task.Delay(TimeSpan.FromSeconds(3));
        table.Add("API idle, empty database: resident memory", $"{BenchStack.ResidentMiB(stack.Api.Id):F0} MiB");
        table.Add("API start to ready, empty database", $"{(await stack.StartApiAsync()).TotalSeconds:F2} s");

        var large = await IngestBench.RunAsync(stack.Client, text, "large", 200 / divide, 250_000, perRequest: 5);
        table.Add($"Ingest {200 / divide} texts of 250 KB (lexical)", $"{large.MegabytesPerSecond:F1} MB/s");
        // The exporter reports every second; the newest report is complete two seconds after the last document.
        await Task.Delay(TimeSpan.FromSeconds(2.5));
        foreach (var (stage, count, seconds) in stack.Metrics.Of("rag.ingest.stage.duration").OrderByDescending(stage => stage.Sum))
        {
            table.Add($"  {stage}: sum over {count} documents", $"{seconds:F1} s");
        }

        var small = await IngestBench.RunAsync(stack.Client, text, "small", 10_000 / divide, 5_000, perRequest: 100);
        table.Add($"Ingest {10_000 / divide} texts of 5 KB (lexical)", $"{small.DocumentsPerSecond:F0} documents/s, {small.MegabytesPerSecond:F1} MB/s");
        table.Add("Worker after both: resident memory", $"{BenchStack.ResidentMiB(stack.Worker.Id):F0} MiB");
    }

    private static async Task SearchAsync(Table table, NaturalText text, string[] queries, int divide)
    {
        await using var stack = await BenchStack.StartAsync("local");
        foreach (var chunks in (int[])[10_000, 100_000])
        {
            var name = $"c{chunks}";
            var loaded = await IngestBench.RunAsync(stack.Client, text, name, chunks / divide / IngestBench.ChunksOfReport, IngestBench.ReportBytes, perRequest: 5);
            table.Add($"Ingest for search, with local embeddings, {loaded.Chunks} chunks", $"{loaded.MegabytesPerSecond:F1} MB/s");
            foreach (var mode in (SearchMode[])[SearchMode.Lexical, SearchMode.Hybrid])
            {
                foreach (var clients in (int[])[1, 8])
                {
                    var result = await SearchBench.RunAsync(stack, name, mode, queries, clients);
                    table.Add($"Search {mode.ToString().ToLowerInvariant()}, {loaded.Chunks} chunks, {clients} client(s): p50 / p95 / p99", $"{result} ms");
                }
            }

            var first = await SearchBench.FirstTokenAsync(stack, name, queries[..(200 / divide)]);
            table.Add($"First text of an extractive answer, {loaded.Chunks} chunks: p50 / p95 / p99", $"{first} ms");
            table.Add($"API with {loaded.Chunks} more chunks searched: resident memory", $"{BenchStack.ResidentMiB(stack.Api.Id):F0} MiB");
        }

        table.Add("API start to ready, that database", $"{(await stack.StartApiAsync()).TotalSeconds:F2} s");
    }
}
