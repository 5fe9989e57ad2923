using System.Collections.Concurrent;
using System.Net.Http.Json;
using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Processes;
using NativeQdrant = Aspire.Hosting.Native.QdrantServer;

namespace Rag.Testing;

/// <summary>
/// A vector server for tests: the one that <c>RAG_TEST_QDRANT_URL</c> names, else the program <c>qdrant</c> of this machine, else a process of our
/// own that holds requests and answers against Qdrant's published description, where that is here. A process keeps its data in a folder, so
/// that it may be killed and started again.
/// </summary>
public sealed class QdrantServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _output = new();
    private readonly DirectoryInfo? _folder;
    private readonly ChildSpecification? _specification;
    private ChildProcess? _process;

    private QdrantServer(Uri url, DirectoryInfo? folder, ChildSpecification? specification) => (Url, _folder, _specification) = (url, folder, specification);

    /// <summary>Why our own holds nothing against Qdrant's description; null: it does.</summary>
    public static string? UncheckedReason { get; } = Description is not null
        ? null
        : "Qdrant's description is not here, so that the tests over the stand-in hold no request and no answer against it: set RAG_SHARED to the folder that holds 'qdrant-openapi.json'.";

    /// <summary>Qdrant's published description, which is not ours to hand on; null: it is not here.</summary>
    public static string? Description => Path.GetFullPath(Repository.Shared("qdrant-openapi.json")) is var path && File.Exists(path) ? path : null;

    /// <summary>Root of its REST API.</summary>
    public Uri Url { get; }

    /// <summary>What it asks for.</summary>
    public string ApiKey { get; private init; } = "a-key-for-tests-only";

    /// <summary>Whether it is ours, which tells what was wrong.</summary>
    public bool IsStandIn { get; private init; }

    /// <summary>A prefix for collections, which no other test has.</summary>
    public string Prefix { get; } = $"test-{Guid.NewGuid():N}";

    private static string? Named => Environment.GetEnvironmentVariable("RAG_TEST_QDRANT_URL") is { Length: > 0 } url ? url : null;

    /// <summary>Takes the one that is named, or starts one.</summary>
    public static Task<QdrantServer> StartAsync() => Named is { } url
        ? Task.FromResult(new QdrantServer(new Uri(url), null, null) { ApiKey = Environment.GetEnvironmentVariable("RAG_TEST_QDRANT_KEY") ?? "" })
        : QdrantProgram.Find() is { } program ? StartProgramAsync(program) : StartStandInAsync();

    /// <summary>Starts a program that takes what <c>qdrant</c> takes.</summary>
    public static Task<QdrantServer> StartProgramAsync(string program) => StartAsync(program, static specification => specification, "http", isStandIn: false);

    /// <summary>Starts our own, whatever else there is: for what only it tells, and for TLS.</summary>
    /// <param name="certificate">PEM file; null: without TLS.</param>
    /// <param name="key">PEM file with the certificate's key.</param>
    public static Task<QdrantServer> StartStandInAsync(string? certificate = null, string? key = null) => StartAsync(
        "dotnet",
        specification =>
        {
            var environment = new Dictionary<string, string>(specification.Environment) { ["QDRANT_OPENAPI"] = Description ?? "" };
            if (certificate is not null && key is not null)
            {
                environment["QDRANT__SERVICE__ENABLE_TLS"] = "true";
                environment["QDRANT__TLS__CERT"] = certificate;
                environment["QDRANT__TLS__KEY"] = key;
            }

            // As ourselves: the server account need not be able to read the checkout.
            return specification with { FileName = "dotnet", Arguments = [ServiceProcess.ProgramOf("tests/Qdrant.StandIn", "qdrant-stand-in")], Environment = environment };
        },
        certificate is null ? "http" : "https",
        isStandIn: true);

    /// <summary>SIGKILL; not for one that is named.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.DisposeAsync();
            _process = null;
        }
    }

    /// <summary>Starts it again where it was, with what it had.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await RunAsync();
    }

    /// <summary>Everything that was sent to it, or that it answered, against the description; nothing where that is not here.</summary>
    public async Task<IReadOnlyList<string>> ViolationsAsync()
    {
        using var client = Client();
        return IsStandIn ? await client.GetFromJsonAsync<string[]>("_stand-in/violations") ?? [] : [];
    }

    /// <summary>With its key, and without a look at its certificate.</summary>
    public HttpClient Client()
    {
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        var client = new HttpClient(handler) { BaseAddress = Url };
        client.DefaultRequestHeaders.Add("api-key", ApiKey);
        return client;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _folder?.Delete(recursive: true);
    }

    private static async Task<QdrantServer> StartAsync(string program, Func<ChildSpecification, ChildSpecification> change, string scheme, bool isStandIn)
    {
        var folder = Directory.CreateTempSubdirectory("rag-test-qdrant-");
        var port = FreePort.Next();
        var server = new QdrantServer(
            new Uri($"{scheme}://127.0.0.1:{port}"),
            folder,
            change(NativeQdrant.Prepare("qdrant", program, folder.FullName, port, FreePort.Next(), "a-key-for-tests-only"))) { IsStandIn = isStandIn };
        await server.RunAsync();
        return server;
    }

    private async Task RunAsync()
    {
        _process = ChildProcess.Start(_specification!, records: null, (line, _) => _output.Enqueue(line));
        using var client = Client();
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return (await client.GetAsync("readyz")).IsSuccessStatusCode;
                }
                catch (HttpRequestException) when (!_process.Completion.IsCompleted)
                {
                    return false;
                }
                catch (HttpRequestException e)
                {
                    throw new InvalidOperationException($"'{_specification!.FileName}' ended: {string.Join(" | ", _output)}", e);
                }
            },
            "the vector server answers");
    }
}
