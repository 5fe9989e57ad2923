using System.Net.Http.Headers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Rag.Client;
using Rag.Testing;

namespace Rag.Api.Tests.Support;

/// <summary>The API in this process on a real Kestrel and a free port, so that tests see sockets, limits and streams as clients do.</summary>
public sealed class ApiHost : IAsyncDisposable
{
    public const string Key = "bootstrap-key-of-the-tests-0123456789";
    public const string SignInToken = "sign-in-token-of-the-tests-0123456789";

    private readonly Factory _factory;
    private readonly string _blobs = Path.Combine(Path.GetTempPath(), $"rag-api-blobs-{Guid.NewGuid():N}");

    private ApiHost(string connectionString, IReadOnlyDictionary<string, string> settings)
    {
        ConnectionString = connectionString;
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:ragdb"] = connectionString,
            ["Rag:Auth:BootstrapKey"] = Key,
            ["Rag:Auth:SignInToken"] = SignInToken,
            ["Rag:Blobs:Path"] = _blobs,
            ["Rag:Blobs:MaxFileMiB"] = "1",
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        _factory = new Factory(all);
        // Not UseKestrel(0): it changes the address after the program has begun to start, and fails when the program is the faster one.
        _factory.UseKestrel();
        _factory.StartServer();
        Http = _factory.CreateClient();
        Http.Timeout = TimeSpan.FromSeconds(60);
    }

    public string ConnectionString { get; }

    public string BlobPath => _blobs;

    /// <summary>Without a key.</summary>
    public HttpClient Http { get; }

    public Uri Address => Http.BaseAddress!;

    public IServiceProvider Services => _factory.Services;

    /// <summary>The typed client with the bootstrap key, or another bearer.</summary>
    public RagClient Client(string? bearer = Key) => new(Http, _ => ValueTask.FromResult(bearer));

    public static ApiHost Start(string connectionString, IReadOnlyDictionary<string, string>? settings = null) =>
        new(connectionString, settings ?? new Dictionary<string, string>());

    /// <summary>Starts and waits until it is ready.</summary>
    public static async Task<ApiHost> StartReadyAsync(string connectionString, IReadOnlyDictionary<string, string>? settings = null)
    {
        var host = Start(connectionString, settings);
        await host.WaitReadyAsync();
        return host;
    }

    public Task WaitReadyAsync() => Eventually.TrueAsync(
        async () => (await Client(null).GetHealthAsync()).Status is "ready" or "degraded", TimeSpan.FromSeconds(60), "the API is ready");

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body = null, string? bearer = Key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        if (bearer is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _factory.DisposeAsync();
        if (Directory.Exists(_blobs))
        {
            Directory.Delete(_blobs, recursive: true);
        }
    }

    private sealed class Factory(Dictionary<string, string> settings) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Production");
            builder.UseSetting(WebHostDefaults.ServerUrlsKey, "http://127.0.0.1:0");
            foreach (var (name, value) in settings)
            {
                builder.UseSetting(name, value);
            }
        }
    }
}
