using System.Globalization;
using Rag.Bench;
using Rag.Client;
using Rag.Testing;

// dotnet run -c Release --project tests/bench [-- --quick]
// Writes one table to standard output and to docs/performance.md (between its markers). --quick runs a tenth and writes nothing.
var quick = args.Contains("--quick");
var collections = Repository.Shared("ir");
if (!Directory.Exists(collections))
{
    Console.Error.WriteLine("The measurements need natural text: set RAG_SHARED to a folder that holds 'ir' with judged collections in BEIR layout.");
    return 2;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var text = NaturalText.Read(collections);
var queries = text.Sample(quick ? 200 : 2000);
var rows = new List<(string What, string Value)>();
void Row(string what, string value)
{
    rows.Add((what, value));
    Console.WriteLine($"{what,-62} {value}");
}

static string Show(Percentiles p) => $"{p.P50:F1} / {p.P95:F1} / {p.P99:F1} ms";

var divide = quick ? 10 : 1;
await using (var stack = await BenchStack.StartAsync("none"))
{
    await Task.Delay(TimeSpan.FromSeconds(3));
    Row("API idle, empty database: resident memory", $"{BenchStack.ResidentMiB(stack.Api.Id):F0} MiB");
    Row("API start to ready, empty database", $"{(await stack.StartApiAsync()).TotalSeconds:F2} s");

    var large = await IngestBench.RunAsync(stack, text, "large", 200 / divide, 250_000, perRequest: 5);
    Row($"Ingest {200 / divide} texts of 250 KB (lexical)", $"{large.MegabytesPerSecond:F1} MB/s");
    // The exporter reports every second; the newest report is complete two seconds after the last document.
    await Task.Delay(TimeSpan.FromSeconds(2.5));
    foreach (var (stage, count, seconds) in stack.Metrics.Of("rag.ingest.stage.duration").OrderByDescending(stage => stage.Sum))
    {
        Row($"  {stage}: sum over {count} documents", $"{seconds:F1} s");
    }

    var small = await IngestBench.RunAsync(stack, text, "small", 10_000 / divide, 5_000, perRequest: 100);
    Row($"Ingest {10_000 / divide} texts of 5 KB (lexical)", $"{small.DocumentsPerSecond:F0} documents/s, {small.MegabytesPerSecond:F1} MB/s");
    Row("Worker after both: resident memory", $"{BenchStack.ResidentMiB(stack.Worker.Id):F0} MiB");
}

await using (var stack = await BenchStack.StartAsync("local"))
{
    foreach (var chunks in (int[])[10_000, 100_000])
    {
        var name = $"c{chunks}";
        // With the default settings 190 KB of this text become about 170 chunks.
        var loaded = await IngestBench.RunAsync(stack, text, name, chunks / divide / 170, 190_000, perRequest: 5);
        Row($"Ingest for search, with local embeddings, {loaded.Chunks} chunks", $"{loaded.MegabytesPerSecond:F1} MB/s");
        foreach (var mode in (SearchMode[])[SearchMode.Lexical, SearchMode.Hybrid])
        {
            foreach (var clients in (int[])[1, 8])
            {
                var result = await SearchBench.RunAsync(stack, name, mode, queries, clients);
                Row($"Search {mode.ToString().ToLowerInvariant()}, {loaded.Chunks} chunks, {clients} client(s): p50 / p95 / p99", Show(result));
            }
        }

        Row($"First text of an extractive answer, {loaded.Chunks} chunks: p50 / p95 / p99", Show(await SearchBench.FirstTokenAsync(stack, name, queries[..(200 / divide)])));
        Row($"API with {loaded.Chunks} more chunks searched: resident memory", $"{BenchStack.ResidentMiB(stack.Api.Id):F0} MiB");
    }

    Row("API start to ready, that database", $"{(await stack.StartApiAsync()).TotalSeconds:F2} s");
}

if (!quick)
{
    MeasuredTable.Write(Path.Combine(Repository.Root, "docs", "performance.md"), "measured", ["what", "measured"], rows.Select(static row => (string[])[row.What, row.Value]));
}

return 0;
