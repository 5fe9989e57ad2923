using Rag.Client;
using Rag.Testing;

namespace Rag.Cli.Tests.Api;

/// <summary>A real API and a real worker as processes, for the commands that are made for deployments.</summary>
public sealed class Platform : IAsyncLifetime
{
    public const string Name = "platform";
    public const string Key = "bootstrap-key-of-the-tests-0123456789";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-cli-platform-");
    private PostgresInstance? _postgres;
    private Replicas? _replicas;

    public string Url => _replicas!.Apis[0].BaseAddress.ToString();

    public RagClient Client => RagClient.Create(_replicas!.Apis[0].BaseAddress, Key);

    /// <summary>A file with the key.</summary>
    public string KeyFile => Path.Combine(_folder.FullName, "key");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(KeyFile, Key + "\n");
        _postgres = await PostgresInstance.StartAsync();
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__ragdb"] = await _postgres.CreateDatabaseAsync(),
            ["Rag__Blobs__Path"] = Path.Combine(_folder.FullName, "blobs"),
            ["Logging__LogLevel__Default"] = "Warning",
        };
        _replicas = await Replicas.StartAsync(
            environment, new Dictionary<string, string> { ["Rag__Auth__BootstrapKey"] = Key, ["Rag__Limits__RequestsPerMinute"] = "0" }, apis: 1, workers: 1);
    }

    public async Task DisposeAsync()
    {
        if (_replicas is not null)
        {
            await _replicas.DisposeAsync();
        }

        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }
}

/// <summary>One for both commands.</summary>
[CollectionDefinition(Platform.Name)]
public sealed class PlatformCollection : ICollectionFixture<Platform>;
