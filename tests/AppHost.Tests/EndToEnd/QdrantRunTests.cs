using System.Globalization;
using Rag.Client;

namespace AppHost.Tests.EndToEnd;

/// <summary>The real app host on a machine that has a program <c>qdrant</c>.</summary>
[Collection(nameof(ChangedPath))]
public sealed class QdrantRunTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");
    private readonly QdrantProgram _program = new();

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        _program.Dispose();
    }

    [QdrantProgramFact]
    public async Task A_qdrant_on_PATH_is_the_index_of_a_first_start()
    {
        Environment.SetEnvironmentVariable("PATH", _program.SearchPath);
        using var timeout = new CancellationTokenSource(Patience);
        var key = "e2e-" + Guid.NewGuid().ToString("N");
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
            ["Ephemeral=true", "Infrastructure=native", $"Parameters:bootstrap-key={key}"], timeout.Token);
        await using var app = await builder.BuildAsync(timeout.Token);
        await app.StartAsync(timeout.Token);
        foreach (var resource in (string[])["vectors", "rag-api", "rag-ingest"])
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(resource, timeout.Token);
        }

        var client = RagClient.Create(app.GetEndpoint("rag-api", "http"), key);
        await client.CreateCollectionAsync(new CreateCollection("birds"), cancellationToken: timeout.Token);
        var accepted = await client.AddTextAsync("birds", new TextDocument("The arctic tern sees two summers in a year.", SourceId: "tern"), cancellationToken: timeout.Token);
        var document = accepted.Items.Single().Id!.Value;
        while ((await client.GetDocumentAsync("birds", document, timeout.Token)).Status != DocumentStatus.Ready)
        {
            await Task.Delay(100, timeout.Token);
        }

        Assert.Equal(document, (await client.SearchAsync("birds", new SearchRequest("summers"), timeout.Token)).Evidence[0].DocumentId);
        var index = await client.GetIndexAsync(cancellationToken: timeout.Token);
        Assert.Equal(("qdrant", 1L), (index.Provider, index.Indexed));

        var qdrantKey = (await app.GetConnectionStringAsync("vectors", timeout.Token))!.Split("Key=")[1];
        var (arguments, storage) = await QdrantProcessAsync(qdrantKey);
        Assert.DoesNotContain(qdrantKey, arguments, StringComparison.Ordinal);
        Assert.True(Directory.Exists(storage));
        await app.StopAsync(timeout.Token);
        Assert.False(Directory.Exists(storage), "An ephemeral run leaves nothing.");
    }

    /// <summary>The one that was started with this key: its arguments, and where it stores.</summary>
    private static async Task<(string Arguments, string Storage)> QdrantProcessAsync(string key)
    {
        const string Storage = "QDRANT__STORAGE__STORAGE_PATH=";
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(static d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out _)))
        {
            try
            {
                var variables = (await File.ReadAllTextAsync(Path.Combine(directory, "environ"))).Split('\0');
                if (variables.Contains($"QDRANT__SERVICE__API_KEY={key}"))
                {
                    return (await File.ReadAllTextAsync(Path.Combine(directory, "cmdline")), variables.First(static v => v.StartsWith(Storage, StringComparison.Ordinal))[Storage.Length..]);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is somebody else's.
            }
        }

        throw new InvalidOperationException("No process of this machine has the key.");
    }
}
