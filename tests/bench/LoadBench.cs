using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Rag.Client;
using Rag.Core.Evaluation;
using Rag.Testing;

namespace Rag.Bench;

/// <summary>
/// Fifty clients without a pause: at one API, whose memory is watched; then at two behind a balancer, while those and the workers are
/// replaced again and again. With the embedded index and with Qdrant or what stands in for it.
/// </summary>
internal static class LoadBench
{
    private const string Collection = "load";
    private const int Clients = 50;

    // What stands in for Qdrant compares every point with every query, and every request and answer with Qdrant's description.
    private const int Reports = 15;
    private const int ReportsOfStandIn = 2;
    private const string None = "";

    private static readonly TimeSpan BetweenUploads = TimeSpan.FromMilliseconds(200);

    public static async Task<Table> RunAsync(NaturalText text, bool quick)
    {
        var table = new Table(
            "load", "what", "requests", "failed", "requests/s", "p50 / p95 / p99 in ms", "API memory after a sixth / half / all of it", "all : a sixth");
        var time = TimeSpan.FromSeconds(quick ? 6 : 60);
        var queries = text.Sample(1000);
        await MeasureAsync(table, text, queries, time, "embedded index", Reports, new Dictionary<string, string>());
        await using var qdrant = await QdrantServer.StartAsync();
        var (name, reports) = qdrant.IsStandIn ? ("stand-in for Qdrant", ReportsOfStandIn) : ("Qdrant", Reports);
        await MeasureAsync(table, text, queries, time, name, reports, new Dictionary<string, string>
        {
            ["ConnectionStrings__vectors_http"] = $"Endpoint={qdrant.Url};Key={qdrant.ApiKey}",
            ["Rag__Index__Provider"] = "qdrant",
            ["Rag__Index__Qdrant__Prefix"] = qdrant.Prefix,
        });
        return table;
    }

    private static async Task MeasureAsync(Table table, NaturalText text, string[] queries, TimeSpan time, string index, int reports, Dictionary<string, string> settings)
    {
        await using var postgres = await PostgresInstance.StartAsync(durable: true);
        var blobs = Directory.CreateTempSubdirectory("rag-bench-blobs-");
        var key = "bench-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(20));
        var shared = new Dictionary<string, string>(settings)
        {
            ["ConnectionStrings__ragdb"] = await postgres.CreateDatabaseAsync(),
            ["Rag__Blobs__Path"] = blobs.FullName,
            ["Logging__LogLevel__Default"] = "Warning",
        };
        var ofApis = new Dictionary<string, string> { ["Rag__Auth__BootstrapKey"] = key, ["Rag__Limits__RequestsPerMinute"] = "0" };

        await using (var one = await Replicas.StartAsync(shared, ofApis, apis: 1, workers: 1))
        {
            var api = one.Apis[0];
            var single = RagClient.Create(api.BaseAddress, key);
            var loaded = await IngestBench.RunAsync(single, text, Collection, reports, IngestBench.ReportBytes, perRequest: 5);
            queries = await FindingAsync(single, queries);
            var what = $"{loaded.Chunks} chunks, {index}";
            await AloneAsync(table, $"Search, {what}, one API", api, key, time, (client, number) => SearchAsync(client, queries[number % queries.Length]));
            await AloneAsync(table, $"Ask, {what}, one API", api, key, time, (client, number) => AskAsync(client, queries[number % queries.Length]));
        }

        await using (var two = await Replicas.StartAsync(shared, ofApis, apis: 2, workers: 2))
        {
            await RollingAsync(table, index, two, key, time, text, queries, reports);
        }

        blobs.Delete(recursive: true);
    }

    // Of some questions no word is in these reports. Of the others an empty answer under load is a fault.
    private static async Task<string[]> FindingAsync(RagClient client, string[] queries)
    {
        var finds = new bool[queries.Length];
        await Parallel.ForAsync(0, queries.Length, async (number, cancellationToken) => finds[number] = (await client.SearchAsync(Collection, new SearchRequest(queries[number]), cancellationToken)).Evidence.Count > 0);
        return [.. queries.Where((_, number) => finds[number])];
    }

    private static async Task AloneAsync(Table table, string what, ServiceProcess api, string key, TimeSpan time, Func<RagClient, int, Task> requestAsync)
    {
        using var over = new CancellationTokenSource(time);
        var run = LoadRun.RunAsync(api.BaseAddress, key, Clients, TimeSpan.Zero, requestAsync, over.Token);
        var memory = new List<double>();
        var watch = Stopwatch.StartNew();
        foreach (var moment in (TimeSpan[])[time / 6, time / 2, time])
        {
            await Task.Delay(moment > watch.Elapsed ? moment - watch.Elapsed : TimeSpan.Zero);
            memory.Add(BenchStack.ResidentMiB(api.Id));
        }

        Add(table, what, await run, string.Create(CultureInfo.InvariantCulture, $"{memory[0]:F0} / {memory[1]:F0} / {memory[2]:F0} MiB"), $"{memory[2] / memory[0]:F2}");
    }

    private static async Task RollingAsync(Table table, string index, Replicas replicas, string key, TimeSpan time, NaturalText text, string[] queries, int reports)
    {
        using var over = new CancellationTokenSource();
        var address = replicas.Balancer.Address;
        var before = replicas.Started.Count;
        var searches = LoadRun.RunAsync(address, key, Clients / 2, TimeSpan.Zero, (client, number) => SearchAsync(client, queries[number % queries.Length]), over.Token);
        var answers = LoadRun.RunAsync(address, key, Clients / 2, TimeSpan.Zero, (client, number) => AskAsync(client, queries[number % queries.Length]), over.Token);
        var uploads = LoadRun.RunAsync(address, key, 1, BetweenUploads, (client, number) => UploadAsync(client, text, number), over.Token);
        var watch = Stopwatch.StartNew();
        do
        {
            await replicas.RollAsync();
        }
        while (watch.Elapsed < time);
        await over.CancelAsync();
        var what = $"{index}, while {replicas.Started.Count - before} processes are replaced";
        Add(table, $"Search, {what}", await searches, None, None);
        Add(table, $"Ask, {what}", await answers, None, None);
        Add(table, $"Upload, {what}", await uploads, None, None);
        // Every upload that was acknowledged; throws when one failed.
        await IngestBench.WaitUntilReadyAsync(RagClient.Create(address, key), Collection, reports + (await uploads).Milliseconds.Count, TimeSpan.FromMinutes(2));
    }

    private static void Add(Table table, string what, LoadRun run, string memory, string ratio)
    {
        foreach (var failure in run.Failures.Take(3))
        {
            Console.Error.WriteLine(failure);
        }

        table.Faults += run.Failures.Count;
        table.Add(
            what,
            (run.Milliseconds.Count + run.Failures.Count).ToString(CultureInfo.InvariantCulture),
            run.Failures.Count.ToString(CultureInfo.InvariantCulture),
            $"{run.Milliseconds.Count / run.Seconds:F0}",
            new Percentiles(run.Milliseconds).ToString(),
            memory,
            ratio);
    }

    private static async Task SearchAsync(RagClient client, string query)
    {
        var found = await client.SearchAsync(Collection, new SearchRequest(query));
        if (found.Evidence.Count == 0)
        {
            throw new InvalidOperationException($"Nothing was found for '{query}'.");
        }
    }

    // Throws when the stream ends before its last event.
    private static async Task AskAsync(RagClient client, string question)
    {
        await foreach (var _ in client.AskStreamAsync(Collection, new AskRequest(question)))
        {
        }
    }

    private static async Task UploadAsync(RagClient client, NaturalText text, int number)
    {
        var content = new MemoryStream(Encoding.UTF8.GetBytes(text.Make(1_000_000 + number, 2_000)));
        var sent = await client.UploadAsync(Collection, [new UploadFile($"late-{number}.txt", content, "text/plain")]);
        if (sent.Items[0].Status != SubmissionStatus.Queued)
        {
            throw new InvalidOperationException($"A document was {sent.Items[0].Status}.");
        }
    }
}
