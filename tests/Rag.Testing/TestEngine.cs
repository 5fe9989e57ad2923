using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Testing;

/// <summary>
/// The engine's services over a database of its own and a folder for originals, both gone when it is disposed; without a worker.
/// Several engines on one database are several processes, as far as the database can tell.
/// </summary>
public sealed class TestEngine : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly bool _ownsFolder;

    private TestEngine(IHost host, string connectionString, string blobPath, bool ownsFolder)
    {
        _host = host;
        ConnectionString = connectionString;
        BlobPath = blobPath;
        _ownsFolder = ownsFolder;
    }

    public string ConnectionString { get; }

    public string BlobPath { get; }

    public NpgsqlDataSource Source => Get<NpgsqlDataSource>();

    public CollectionService Collections => Get<CollectionService>();

    public DocumentService Documents => Get<DocumentService>();

    public DocumentEvents Events => Get<DocumentEvents>();

    public JobQueue Jobs => Get<JobQueue>();

    /// <summary>Starts one on a new database, or on another engine's.</summary>
    /// <param name="postgres">The server.</param>
    /// <param name="settings">Configuration: <c>Rag:Jobs:Lease</c> and so on.</param>
    /// <param name="shareWith">An engine whose database and originals to use.</param>
    /// <param name="configure">More services.</param>
    public static async Task<TestEngine> StartAsync(
        PostgresFixture postgres,
        IReadOnlyDictionary<string, string?>? settings = null,
        TestEngine? shareWith = null,
        Action<IServiceCollection, IConfiguration>? configure = null)
    {
        var connectionString = shareWith?.ConnectionString ?? await postgres.CreateDatabaseAsync();
        var blobPath = shareWith?.BlobPath ?? Directory.CreateTempSubdirectory("rag-test-blobs-").FullName;
        return await StartAsync(connectionString, blobPath, ownsFolder: shareWith is null, settings, configure);
    }

    /// <summary>Starts one on the database and originals of other processes, which stay when it is disposed.</summary>
    public static Task<TestEngine> JoinAsync(string connectionString, string blobPath, IReadOnlyDictionary<string, string?> settings) =>
        StartAsync(connectionString, blobPath, ownsFolder: false, settings, configure: null);

    private static async Task<TestEngine> StartAsync(
        string connectionString, string blobPath, bool ownsFolder, IReadOnlyDictionary<string, string?>? settings, Action<IServiceCollection, IConfiguration>? configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(
            new Dictionary<string, string?> { ["ConnectionStrings:ragdb"] = connectionString, ["Rag:Blobs:Path"] = blobPath });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.Services.AddRagJobs(builder.Configuration);
        configure?.Invoke(builder.Services, builder.Configuration);
        var engine = new TestEngine(builder.Build(), connectionString, blobPath, ownsFolder);
        await engine._host.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await engine.Get<StorageReadiness>().WaitAsync(limit.Token);
        return engine;
    }

    /// <summary>One of the engine's services.</summary>
    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    /// <summary>Makes a collection with a name of its own.</summary>
    public Task<Collection> CreateCollectionAsync(string? name = null, CollectionSettings? settings = null) =>
        Collections.CreateAsync(new NewCollection(name ?? $"c{Guid.NewGuid():N}", "", settings ?? new CollectionSettings()), CancellationToken.None);

    /// <summary>Submits text as a file.</summary>
    public Task<SubmissionResult> SubmitAsync(
        Collection collection, string text, string? sourceId = null, string name = "a.txt", string? title = null, JsonObject? metadata = null, SenderId sender = default) =>
        Documents.SubmitAsync(
            new Submission
            {
                Collection = collection.Id,
                Sender = sender,
                Name = name,
                SourceId = sourceId,
                Title = title,
                Metadata = metadata,
                MediaType = "text/plain",
                Content = new MemoryStream(Encoding.UTF8.GetBytes(text)),
            },
            CancellationToken.None);

    /// <summary>The first column of the first row.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, params object?[] values)
    {
        await using var connection = await Source.OpenConnectionAsync();
        return await connection.Sql(sql, values).ScalarAsync<T>(CancellationToken.None);
    }

    /// <summary>Runs a statement.</summary>
    public async Task<int> ExecuteAsync(string sql, params object?[] values)
    {
        await using var connection = await Source.OpenConnectionAsync();
        return await connection.Sql(sql, values).RunAsync(CancellationToken.None);
    }

    /// <summary>Stops the hosted services, as the end of a process does.</summary>
    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable host)
        {
            await host.DisposeAsync();
        }

        if (_ownsFolder)
        {
            Directory.Delete(BlobPath, recursive: true);
        }
    }
}
