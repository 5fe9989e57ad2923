using System.Globalization;
using System.Net.Http.Json;

namespace Rag.Testing;

/// <summary>
/// A vector server for tests: the one that <c>RAG_TEST_QDRANT_URL</c> names, else a process of our own that holds to Qdrant's published
/// description. It keeps its data in a folder, so that it may be killed and started again.
/// </summary>
public sealed class QdrantServer : IAsyncDisposable
{
    private readonly DirectoryInfo? _folder;
    private ServiceProcess? _process;

    private QdrantServer(Uri url, DirectoryInfo? folder)
    {
        Url = url;
        _folder = folder;
    }

    /// <summary>Why there is none; null: there is one.</summary>
    public static string? Refusal { get; } = Named is not null || File.Exists(Description)
        ? null
        : "Qdrant's description is not here: set RAG_SHARED to the folder that holds 'qdrant-openapi.json', or RAG_TEST_QDRANT_URL to a running Qdrant.";

    /// <summary>Root of its REST API.</summary>
    public Uri Url { get; private set; }

    /// <summary>What it asks for.</summary>
    public string ApiKey { get; } = Environment.GetEnvironmentVariable("RAG_TEST_QDRANT_KEY") ?? "a-key-for-tests-only";

    /// <summary>Whether it is ours: it can be killed, and tells what was wrong.</summary>
    public bool IsStandIn => _folder is not null;

    /// <summary>A prefix for collections, which no other test has.</summary>
    public string Prefix { get; } = $"test-{Guid.NewGuid():N}";

    private static string? Named => Environment.GetEnvironmentVariable("RAG_TEST_QDRANT_URL") is { Length: > 0 } url ? url : null;

    private static string Description => Repository.Shared("qdrant-openapi.json");

    /// <summary>Starts one, or takes the one that is named.</summary>
    public static async Task<QdrantServer> StartAsync()
    {
        if (Named is { } url)
        {
            return new QdrantServer(new Uri(url), null);
        }

        var server = new QdrantServer(new Uri("http://127.0.0.1:1"), Directory.CreateTempSubdirectory("rag-test-qdrant-"));
        await server.RunAsync(port: null);
        return server;
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => _process!.KillAsync();

    /// <summary>Starts it again where it was, with what it had.</summary>
    public async Task RestartAsync()
    {
        await _process!.DisposeAsync();
        await RunAsync(Url.Port);
    }

    /// <summary>Everything that was sent to it, or that it answered, against the description.</summary>
    public async Task<IReadOnlyList<string>> ViolationsAsync()
    {
        using var client = Client();
        return IsStandIn ? await client.GetFromJsonAsync<string[]>("_stand-in/violations") ?? [] : [];
    }

    /// <summary>The changes that it has made, one to a line.</summary>
    public IReadOnlyList<string> Journal()
    {
        using var file = new FileStream(Path.Combine(_folder!.FullName, "journal.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>With its key.</summary>
    public HttpClient Client()
    {
        var client = new HttpClient { BaseAddress = Url };
        client.DefaultRequestHeaders.Add("api-key", ApiKey);
        return client;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _folder?.Delete(recursive: true);
    }

    private async Task RunAsync(int? port)
    {
        var environment = new Dictionary<string, string>
        {
            ["QDRANT_OPENAPI"] = Description,
            ["QDRANT_DATA"] = _folder!.FullName,
            ["QDRANT__SERVICE__API_KEY"] = ApiKey,
        };
        if (port is { } same)
        {
            environment["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{same}");
        }

        _process = ServiceProcess.Start("tests/Qdrant.StandIn", "qdrant-stand-in", environment);
        Url = port is null ? _process.BaseAddress : Url;
        using var client = new HttpClient { BaseAddress = Url };
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return (await client.GetAsync("readyz")).IsSuccessStatusCode;
                }
                catch (HttpRequestException) when (!_process.HasExited)
                {
                    return false;
                }
            },
            "the vector server answers");
    }
}
