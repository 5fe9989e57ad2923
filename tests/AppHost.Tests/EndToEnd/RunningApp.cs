using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Rag.Client;

namespace AppHost.Tests.EndToEnd;

/// <summary>The whole application, started once for the tests of a class by the same program that a person starts, with data that goes afterwards.</summary>
public sealed class RunningApp : IAsyncLifetime
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    private DistributedApplication? _app;

    /// <summary>The key of the installation.</summary>
    public string Key { get; } = "e2e-" + Convert.ToHexString(RandomNumberGenerator.GetBytes(20));

    public DistributedApplication App => _app ?? throw new InvalidOperationException("The application is not started.");

    public RagClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            ["Ephemeral=true", $"Parameters:bootstrap-key={Key}"], timeout.Token);
        _app = await builder.BuildAsync(timeout.Token);
        await _app.StartAsync(timeout.Token);
        foreach (var resource in (string[])["rag-api", "rag-ingest", "rag-web"])
        {
            await _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, timeout.Token);
        }

        Client = RagClient.Create(_app.GetEndpoint("rag-api", "http"), Key);
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }

    /// <summary>Waits until no document of the collection is on its way any more.</summary>
    public async Task<IReadOnlyList<Document>> WaitUntilSettledAsync(string collection, TimeSpan timeout)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var counts = (await Client.GetCollectionAsync(collection)).Documents;
            if (counts.Queued + counts.Processing == 0)
            {
                var documents = new List<Document>();
                await foreach (var document in Client.AllDocumentsAsync(collection))
                {
                    documents.Add(document);
                }

                return documents;
            }

            Assert.True(waited.Elapsed < timeout, $"After {timeout} there are still {counts.Queued} queued and {counts.Processing} in work.");
            await Task.Delay(100);
        }
    }

    /// <summary>
    /// Processes of this application's worker: by their program and by the database's connection string in their environment, which only this
    /// run has, so that nobody else's process is ever touched.
    /// </summary>
    public async Task<IReadOnlyList<int>> WorkerProcessesAsync()
    {
        var connectionString = await App.GetConnectionStringAsync("ragdb") ?? throw new InvalidOperationException("There is no 'ragdb'.");
        var found = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var id))
            {
                continue;
            }

            try
            {
                var command = await File.ReadAllTextAsync(Path.Combine(directory, "cmdline"));
                if (command.Contains("rag-ingest", StringComparison.Ordinal)
                    && !command.Contains("--extract", StringComparison.Ordinal)
                    && (await File.ReadAllTextAsync(Path.Combine(directory, "environ"))).Contains(connectionString, StringComparison.Ordinal))
                {
                    found.Add(id);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is somebody else's.
            }
        }

        return found;
    }
}
