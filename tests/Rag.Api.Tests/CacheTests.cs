using System.Globalization;
using System.Net;
using System.Text;
using Rag.Api.Tests.Support;
using Rag.Client;
using Rag.Testing;

namespace Rag.Api.Tests;

/// <summary>What processes share by Redis, and that none of them needs it: real processes on a real Redis that is killed and comes back.</summary>
[Collection(Postgres.Name)]
public sealed class CacheTests(PostgresFixture postgres) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _blobs = Directory.CreateTempSubdirectory("rag-api-blobs-");

    public void Dispose() => _blobs.Delete(recursive: true);

    [Fact]
    public async Task Two_processes_share_one_limit_go_on_without_Redis_and_share_again()
    {
        const int perMinute = 20;
        await using var redis = await RedisInstance.StartAsync();
        var settings = await SettingsAsync(redis);
        settings["Rag__Limits__RequestsPerMinute"] = perMinute.ToString(CultureInfo.InvariantCulture);
        settings["Rag__Limits__UnknownKeysPerMinute"] = "5";
        await using var one = ServiceProcess.Start("Rag.Api", "rag-api", settings);
        await using var two = ServiceProcess.Start("Rag.Api", "rag-api", settings);
        using var clients = new Pair(one, two);
        await clients.AreAsync("ready");
        var keys = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            keys.Add((await clients.Typed(0).CreateKeyAsync(new CreateKey($"key {i}", [KeyScope.Read]))).Key!);
        }

        // Each process alone would let through as many as both do together.
        Assert.InRange(await LetThroughAsync(clients, keys[0], perMinute), perMinute, perMinute + 4);

        await redis.KillAsync();
        for (var i = 0; i < perMinute / 2; i++)
        {
            using var answer = await clients.GetAsync(i, "/v1/session", keys[1]);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await clients.AreAsync("degraded");
        using (var health = await clients.GetAsync(0, "/health/ready", bearer: null))
        {
            Assert.Equal(HttpStatusCode.OK, health.StatusCode);
            var check = Assert.Single((await Json.ReadAsync(health))["checks"]!.AsArray(), static check => (string?)check!["name"] == "cache");
            Assert.Equal("degraded", (string?)check!["status"]);
            Assert.DoesNotContain(redis.Password, check.ToJsonString(), StringComparison.Ordinal);
        }

        await redis.StartAgainAsync();
        await clients.AreAsync("ready");
        var refused = 0;
        for (var i = 0; i < 12; i++)
        {
            using var answer = await clients.GetAsync(i, "/v1/session", $"a-key-that-nobody-knows-{i}");
            refused += answer.StatusCode == HttpStatusCode.TooManyRequests ? 1 : 0;
        }

        Assert.InRange(refused, 6, 7);
        foreach (var process in (ServiceProcess[])[one, two])
        {
            await Eventually.TrueAsync(() => Task.FromResult(Lines(process, "Redis answers again") == 1), Limit, $"its return was logged: {process.Output}");
            Assert.Equal(1, Lines(process, "Redis is away"));
            Assert.DoesNotContain(redis.Password, process.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_vector_that_one_process_asked_for_serves_the_others_and_no_text_is_kept()
    {
        const string passage = "Glaciers of the confidential valley are melting faster than before.";
        const string question = "confidential meltwater";
        await using var redis = await RedisInstance.StartAsync();
        await using var model = await EmbeddingModel.StartAsync();
        var settings = await SettingsAsync(redis);
        settings["Rag__Embedding__Provider"] = "openai";
        settings["Rag__Embedding__BaseUrl"] = model.BaseUrl;
        settings["Rag__Embedding__Model"] = "counted";
        settings["Rag__Embedding__Dimensions"] = EmbeddingModel.Dimensions.ToString(CultureInfo.InvariantCulture);
        await using var worker = ServiceProcess.Start("Rag.Ingest", "rag-ingest", settings);
        await using var one = ServiceProcess.Start("Rag.Api", "rag-api", settings);
        await using var two = ServiceProcess.Start("Rag.Api", "rag-api", settings);
        using var clients = new Pair(one, two, worker);
        await clients.AreAsync("ready");

        await ReadyAsync(clients, "first", passage);
        var embedded = model.Texts;
        Assert.True(embedded > 0);
        await ReadyAsync(clients, "second", passage);
        Assert.Equal(embedded, model.Texts);

        Assert.NotEmpty((await clients.Typed(0).SearchAsync("first", new SearchRequest(question, Mode: SearchMode.Dense))).Evidence);
        Assert.Equal(embedded + 1, model.Texts);
        Assert.NotEmpty((await clients.Typed(1).SearchAsync("second", new SearchRequest(question, Mode: SearchMode.Dense))).Evidence);
        Assert.Equal(embedded + 1, model.Texts);

        var all = await redis.DumpAsync();
        Assert.Equal(embedded + 1, all.Keys.Count(static key => key.StartsWith("rag:vector:", StringComparison.Ordinal)));
        foreach (var (key, value) in all)
        {
            var text = key + Encoding.UTF8.GetString(value) + Encoding.Unicode.GetString(value);
            Assert.DoesNotContain("confidential", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("glacier", text, StringComparison.OrdinalIgnoreCase);
        }

        await redis.KillAsync();
        await ReadyAsync(clients, "third", passage);
        Assert.Equal((2 * embedded) + 1, model.Texts);
        Assert.NotEmpty((await clients.Typed(0).SearchAsync("third", new SearchRequest("another question", Mode: SearchMode.Dense))).Evidence);
        await clients.AreAsync("degraded");
    }

    private async Task<Dictionary<string, string>> SettingsAsync(RedisInstance redis) => new(StringComparer.Ordinal)
    {
        ["ConnectionStrings__ragdb"] = await postgres.CreateDatabaseAsync(),
        ["ConnectionStrings__cache"] = redis.ConnectionString,
        ["Rag__Auth__BootstrapKey"] = ApiHost.Key,
        ["Rag__Blobs__Path"] = _blobs.FullName,
        // A busy machine must not look like a Redis that is away.
        ["Rag__Cache__Timeout"] = "00:00:05",
    };

    /// <summary>Asks both by turns until both refuse, and says how often it was let through.</summary>
    private static async Task<int> LetThroughAsync(Pair clients, string key, int perMinute)
    {
        var (through, refusals) = (0, 0);
        for (var i = 0; i < 2 * perMinute; i++)
        {
            using var answer = await clients.GetAsync(i, "/v1/session", key);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                through++;
                continue;
            }

            refusals++;
            await Json.ProblemAsync(answer, HttpStatusCode.TooManyRequests, "rate-limited");
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        }

        Assert.True(refusals >= 2);
        return through;
    }

    private static async Task ReadyAsync(Pair clients, string collection, string text)
    {
        var client = clients.Typed(0);
        await client.CreateCollectionAsync(new CreateCollection(collection));
        var id = (await client.AddTextAsync(collection, new TextDocument(text))).Items[0].Id!.Value;
        await Eventually.TrueAsync(
            async () => (await clients.Typed(1).GetDocumentAsync(collection, id)).Status == DocumentStatus.Ready, Limit, "the document is ready");
    }

    private static int Lines(ServiceProcess process, string text) =>
        process.Output.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Clients of several processes.</summary>
    private sealed class Pair(params ServiceProcess[] processes) : IDisposable
    {
        private readonly HttpClient[] _http = [.. processes.Select(static process => new HttpClient { BaseAddress = process.BaseAddress, Timeout = Limit })];

        public RagClient Typed(int which) => new(_http[which], static _ => ValueTask.FromResult<string?>(ApiHost.Key));

        public async Task<HttpResponseMessage> GetAsync(int turn, string path, string? bearer)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = bearer is null ? null : new("Bearer", bearer);
            return await _http[turn % _http.Length].SendAsync(request);
        }

        /// <summary>Waits until each of them says so of itself.</summary>
        public async Task AreAsync(string status)
        {
            for (var i = 0; i < processes.Length; i++)
            {
                await processes[i].WaitUntilOkAsync("/health/ready", Limit);
                await Eventually.TrueAsync(
                    async () =>
                    {
                        using var health = await GetAsync(i, "/health/ready", bearer: null);
                        return (string?)(await Json.ReadAsync(health))["status"] == status;
                    },
                    Limit,
                    $"process {i} is {status}: {processes[i].Output}");
            }
        }

        public void Dispose()
        {
            foreach (var http in _http)
            {
                http.Dispose();
            }
        }
    }
}
