using System.Globalization;
using System.Text;
using Rag.Client;
using Rag.Testing;
using Rag.Testing.Telemetry;

namespace Rag.Api.Tests.Support;

/// <summary>
/// API and worker as processes with everything that they can have, after they did everything once that is measured: documents that become
/// ready and one that fails, searches, and questions with each outcome. Made once for the tests of a class.
/// </summary>
public sealed class WatchedPlatform(PostgresFixture postgres) : IAsyncLifetime
{
    private const string Documents = "watched";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly DirectoryInfo _blobs = Directory.CreateTempSubdirectory("rag-watched-");
    private readonly List<IAsyncDisposable> _started = [];
    private OtlpCollector? _collector;

    /// <summary>What the processes have exported until now.</summary>
    public IReadOnlyList<OtlpMetric> Metrics => _collector!.Metrics();

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        _collector = Keep(await OtlpCollector.StartAsync());
        var redis = Keep(await RedisInstance.StartAsync());
        var qdrant = Keep(await QdrantServer.StartAsync());
        var model = Keep(new ScriptedModel());
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = await postgres.CreateDatabaseAsync(),
            ["ConnectionStrings__cache"] = redis.ConnectionString,
            ["ConnectionStrings__vectors_http"] = $"Endpoint={qdrant.Url};Key={qdrant.ApiKey}",
            ["Rag__Blobs__Path"] = _blobs.FullName,
            ["Rag__Index__Provider"] = "qdrant",
            ["Rag__Index__Qdrant__Prefix"] = qdrant.Prefix,
            ["Rag__Embedding__Provider"] = "openai",
            ["Rag__Embedding__BaseUrl"] = model.BaseUrl.ToString(),
            ["Rag__Embedding__Model"] = "scripted",
            ["Rag__Embedding__Dimensions"] = model.Dimensions.ToString(CultureInfo.InvariantCulture),
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
        };
        var api = Keep(ServiceProcess.Start("Rag.Api", "rag-api", new Dictionary<string, string>(settings)
        {
            ["Rag__Auth__BootstrapKey"] = ApiHost.Key,
            ["Rag__Chat__BaseUrl"] = model.BaseUrl.ToString(),
            ["Rag__Chat__Model"] = "scripted",
        }));
        await api.WaitUntilOkAsync("/health/ready", Limit);
        var worker = Keep(ServiceProcess.Start("Rag.Ingest", "rag-ingest", settings));
        await worker.WaitUntilOkAsync("/health/ready", Limit);
        using var http = new HttpClient { BaseAddress = api.BaseAddress };
        await WorkAsync(new RagClient(http, static _ => ValueTask.FromResult<string?>(ApiHost.Key)), model);
        await worker.WaitUntilOkAsync("/health/ready", Limit);
        await api.WaitUntilOkAsync("/health/ready", Limit);
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started))
        {
            await started.DisposeAsync();
        }

        _blobs.Delete(recursive: true);
    }

    private static async Task WorkAsync(RagClient client, ScriptedModel model)
    {
        await client.CreateCollectionAsync(new CreateCollection(Documents));
        await client.AddTextAsync(Documents, new TextDocument("The observatory's dome weighs eleven tonnes and turns once an hour."));
        await client.UploadAsync(Documents, [new UploadFile("broken.pdf", new MemoryStream(Encoding.UTF8.GetBytes("%PDF-1.7 and nothing else")), "application/pdf")]);
        await Eventually.TrueAsync(
            async () =>
            {
                var documents = (await client.ListDocumentsAsync(Documents)).Items;
                return documents.Count == 2 && documents.All(static document => document.Status is DocumentStatus.Ready or DocumentStatus.Failed);
            },
            Limit,
            "one document is ready and one has failed");
        var search = new SearchRequest("What does the dome weigh?", Mode: SearchMode.Hybrid);
        await Eventually.TrueAsync(async () => (await client.SearchAsync(Documents, search)).Mode == SearchMode.Hybrid, Limit, "the index has the document's vectors");
        await client.SearchAsync(Documents, new SearchRequest("dome"));
        await client.SearchAsync(Documents, new SearchRequest("zygomorphic"));

        model.Answer = "It weighs eleven tonnes [[1|dome weighs eleven tonnes]].";
        await client.AskAsync(Documents, new AskRequest(search.Query));
        await client.AskAsync(Documents, new AskRequest("zygomorphic", Mode: SearchMode.Lexical));
        model.Status = 503;
        await client.AskAsync(Documents, new AskRequest(search.Query));
    }

    private T Keep<T>(T started)
        where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }
}
