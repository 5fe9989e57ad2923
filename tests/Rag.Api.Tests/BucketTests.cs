using System.Text;
using System.Text.Json.Nodes;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Testing;

namespace Rag.Api.Tests;

/// <summary>Originals in a bucket: API and worker as processes of their own, and an object store that comes and goes.</summary>
[Collection(Postgres.Name)]
public sealed class BucketTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const string Collection = "bucket";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-test-bucket-");
    private Dictionary<string, string> _settings = null!;
    private S3Server _store = null!;
    private ServiceProcess _api = null!;
    private ServiceProcess _worker = null!;

    public async Task InitializeAsync()
    {
        try
        {
            await StartAsync();
        }
        catch
        {
            // Nobody else does, for a test that did not begin.
            await DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync()
    {
        _store = await S3Server.StartAsync();
        _settings = new Dictionary<string, string>(_store.Variables(await _store.CreateBucketAsync(), _folder.FullName))
        {
            ["ConnectionStrings__ragdb"] = await postgres.CreateDatabaseAsync(),
            ["Rag__Auth__BootstrapKey"] = ApiHost.Key,
        };
        _api = ServiceProcess.Start("Rag.Api", "rag-api", _settings);
        await _api.WaitUntilOkAsync("/health/ready", TimeSpan.FromSeconds(90));
        _worker = ServiceProcess.Start("Rag.Ingest", "rag-ingest", _settings);
    }

    public async Task DisposeAsync()
    {
        foreach (var part in (IAsyncDisposable?[])[_worker, _api, _store])
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }

        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_document_goes_in_and_comes_back_and_a_store_that_is_away_delays_it_and_loses_nothing()
    {
        using var limit = new CancellationTokenSource(Limit);
        var client = RagClient.Create(_api.BaseAddress, ApiHost.Key);
        await client.CreateCollectionAsync(new CreateCollection(Collection), cancellationToken: limit.Token);
        var first = await UploadAsync("The lighthouse keeper counts ships.");
        await ReadyAsync(first);
        await _worker.DisposeAsync();
        var second = await UploadAsync("The ferry leaves at noon.");

        await _store.KillAsync();
        var away = await Assert.ThrowsAsync<RagApiException>(() => UploadAsync("The store is away."));
        Assert.Equal("blobs-away", away.Code);
        Assert.Contains($"({_store.Url.GetLeftPart(UriPartial.Authority)}) cannot be reached", away.Message, StringComparison.Ordinal);
        Assert.Equal("blobs-away", (await Assert.ThrowsAsync<RagApiException>(() => ContentAsync(first))).Code);
        _worker = ServiceProcess.Start("Rag.Ingest", "rag-ingest", _settings);
        await Eventually.TrueAsync(
            async () => (await client.GetDocumentAsync(Collection, second, limit.Token)).Problem is { Code: "blobs-away" }, TimeSpan.FromSeconds(90), "the worker says what it waits for");
        // Neither is taken out of service for it: what was found before is found on.
        foreach (var service in new[] { _api, _worker })
        {
            Assert.Equal(("degraded", "degraded"), await HealthAsync(service));
        }

        Assert.NotEmpty((await client.SearchAsync(Collection, new SearchRequest("lighthouse keeper"), limit.Token)).Evidence);

        await _store.StartAgainAsync();
        await Eventually.TrueAsync(async () => await HealthAsync(_worker) == ("ready", "ready"), "the worker reaches it again");
        await ReadyAsync(second);
        Assert.Equal("The lighthouse keeper counts ships.", await ContentAsync(first));
        await ReadyAsync(await UploadAsync("The store is away."));

        async Task<Guid> UploadAsync(string text)
        {
            await using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
            return (await client.UploadAsync(Collection, [new UploadFile("a.txt", content, "text/plain")], new UploadOptions(text), cancellationToken: limit.Token)).Items[0].Id!.Value;
        }

        async Task<string> ContentAsync(Guid id)
        {
            await using var original = await client.OpenContentAsync(Collection, id, limit.Token);
            using var reader = new StreamReader(original.Stream);
            return await reader.ReadToEndAsync(limit.Token);
        }

        async Task<(string Status, string Originals)> HealthAsync(ServiceProcess service)
        {
            using var http = new HttpClient { BaseAddress = service.BaseAddress };
            var answer = JsonNode.Parse(await http.GetStringAsync("health/ready", limit.Token))!;
            return ((string)answer["status"]!, (string)answer["checks"]!.AsArray().Single(static check => (string?)check!["name"] == "originals")!["status"]!);
        }

        Task ReadyAsync(Guid id) => Eventually.BecomesAsync(
            () => client.GetDocumentAsync(Collection, id, limit.Token), static document => document.Status == DocumentStatus.Ready, TimeSpan.FromSeconds(90), () => _worker.Output);
    }
}
