using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Rag.Client;

namespace AppHost.Tests.EndToEnd;

/// <summary>One installation through several starts, as a person makes them: which index it has, that it keeps it, and how it moves.</summary>
public sealed class IndexMoveTests : IAsyncLifetime, IDisposable
{
    private const string Collection = "birds";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _key = "move-" + Guid.NewGuid().ToString("N");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("index-move-");
    private readonly QdrantProgram _program = new();
    private readonly ConcurrentQueue<string> _lines = new();
    private Process? _host;

    public Task InitializeAsync()
    {
        if (!OperatingSystem.IsWindows())
        {
            // Servers of root's run as another account, and their data is in here.
            File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
        }

        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await StopAsync();

    public void Dispose()
    {
        _host?.Dispose();
        _program.Dispose();
        _folder.Delete(recursive: true);
    }

    [QdrantProgramFact]
    public async Task An_installation_keeps_its_index_until_somebody_moves_it()
    {
        using var timeout = new CancellationTokenSource(4 * Patience);
        await StartAsync(withProgram: false);
        Assert.Contains(_lines, static line => line.Contains("The search index is the embedded one: there is neither", StringComparison.Ordinal));
        var client = await ClientAsync(timeout.Token);
        await client.CreateCollectionAsync(new CreateCollection(Collection), cancellationToken: timeout.Token);
        await client.AddTextAsync(Collection, new TextDocument("The arctic tern sees two summers in a year.", SourceId: "tern"), cancellationToken: timeout.Token);
        await FindsAsync(client, "embedded", timeout.Token);
        await StopAsync();
        Assert.Equal("embedded", Recorded());

        // Moved: found through Qdrant, and recorded.
        await StartAsync(withProgram: true, ("Rag__Index__Provider", "qdrant"));
        client = await ClientAsync(timeout.Token);
        await client.ReindexAsync(cancellationToken: timeout.Token);
        await client.AddTextAsync(Collection, new TextDocument("A puffin digs a burrow with its beak.", SourceId: "puffin"), cancellationToken: timeout.Token);
        await FindsAsync(client, "qdrant", timeout.Token);
        await StopAsync();
        Assert.Equal("qdrant", Recorded());
        Assert.True(Directory.Exists(Path.Combine(_folder.FullName, "state", "data", "vectors", "storage")));

        // Without the program it does not fall back by itself, and says what can be done.
        Start(withProgram: false);
        await _host!.WaitForExitAsync(timeout.Token);
        Assert.Equal(1, _host.ExitCode);
        Assert.Contains(_lines, static line => line.Contains("Rag__Index__Provider=embedded, then './rag reindex'", StringComparison.Ordinal));

        // Moved back: everything is there.
        await StartAsync(withProgram: false, ("Rag__Index__Provider", "embedded"));
        client = await ClientAsync(timeout.Token);
        await client.ReindexAsync(cancellationToken: timeout.Token);
        await FindsAsync(client, "embedded", timeout.Token);
        Assert.NotEmpty((await client.SearchAsync(Collection, new SearchRequest("burrow"), timeout.Token)).Evidence);
        await StopAsync();
        Assert.Equal("embedded", Recorded());
    }

    private string? Recorded()
    {
        using var record = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder.FullName, "state", "index.json")));
        Assert.True(record.RootElement.GetProperty("ready").GetBoolean());
        return record.RootElement.GetProperty("provider").GetString();
    }

    private static async Task FindsAsync(RagClient client, string provider, CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = await client.GetIndexAsync(cancellationToken: cancellationToken);
            Assert.Equal(provider, state.Provider);
            var documents = (await client.GetCollectionAsync(Collection, cancellationToken)).Documents;
            if (!state.Building && documents.Queued + documents.Processing == 0 && state.Indexed == state.Documents)
            {
                break;
            }

            await Task.Delay(100, cancellationToken);
        }

        Assert.NotEmpty((await client.SearchAsync(Collection, new SearchRequest("summers"), cancellationToken)).Evidence);
    }

    private async Task StartAsync(bool withProgram, params (string Name, string Value)[] variables)
    {
        Start(withProgram, variables);
        using var limit = new CancellationTokenSource(Patience);
        while (Address() is null)
        {
            Assert.False(_host!.HasExited || limit.IsCancellationRequested, string.Join('\n', _lines));
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private void Start(bool withProgram, params (string Name, string Value)[] variables)
    {
        _lines.Clear();
        _host?.Dispose();
        var start = new ProcessStartInfo(
            "dotnet",
            [
                typeof(Projects.AppHost).Assembly.Location, $"StateDirectory={Path.Combine(_folder.FullName, "state")}", "Infrastructure=native", "Dashboard=false",
                "DcpPublisher:RandomizePorts=true",
            ])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Generated passwords go to the account's secrets: not this account's.
        start.Environment["HOME"] = _folder.FullName;
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        start.Environment["Parameters__bootstrap-key"] = _key;
        if (withProgram)
        {
            start.Environment["PATH"] = _program.SearchPath;
        }

        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        _host = Process.Start(start)!;
        _host.OutputDataReceived += (_, e) => _lines.Enqueue(e.Data ?? "");
        _host.ErrorDataReceived += (_, e) => _lines.Enqueue(e.Data ?? "");
        _host.BeginOutputReadLine();
        _host.BeginErrorReadLine();
    }

    private async Task StopAsync()
    {
        if (_host is not { HasExited: false } host)
        {
            return;
        }

        using (var kill = Process.Start("kill", ["-TERM", host.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await host.WaitForExitAsync().WaitAsync(Patience);
    }

    private Uri? Address() => _lines.Select(static line => line.Split("The API is at: ")).Where(static parts => parts.Length > 1)
        .Select(static parts => new Uri(parts[1].Split("/v1")[0])).FirstOrDefault();

    private async Task<RagClient> ClientAsync(CancellationToken cancellationToken)
    {
        var client = RagClient.Create(Address()!, _key);
        await client.GetSessionAsync(cancellationToken);
        return client;
    }
}
