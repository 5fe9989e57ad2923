using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Indexing.Qdrant;
using Rag.Core.Retrieval;
using Rag.Core.Storage;
using Rag.Core.Tests.Retrieval;
using Rag.Testing;

namespace Rag.Core.Tests.Indexing.Qdrant;

/// <summary>A world whose projector never gets its lock, because the test has it and does the projector's work.</summary>
internal sealed class ProjectorWorld(SearchWorld world, QdrantServer server, QdrantRelay relay, NpgsqlConnection held) : IAsyncDisposable
{
    public SearchWorld World { get; } = world;

    public QdrantRelay Relay { get; } = relay;

    public required Collection Collection { get; init; }

    public Projection Projection => World.Services.GetRequiredService<Projection>();

    public ProjectionSource Source => World.Services.GetRequiredService<ProjectionSource>();

    public Reconciliation Reconciliation => World.Services.GetRequiredService<Reconciliation>();

    public IndexVersions Versions => World.Services.GetRequiredService<IndexVersions>();

    public QdrantClient Qdrant => World.Services.GetRequiredService<QdrantClient>();

    public static async Task<ProjectorWorld> StartAsync(string database)
    {
        // Not pooled: the lock ends with the connection.
        var held = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await held.OpenAsync();
        await held.Sql("select pg_advisory_lock($1)", AdvisoryLocks.Projector).RunAsync(default);
        var server = await QdrantServer.StartAsync();
        var relay = await QdrantRelay.StartAsync(server.Url);
        var world = await SearchWorld.StartAsync(
            database,
            ("Rag:Embedding:Provider", "local"), ("Rag:Index:Provider", "qdrant"), ("ConnectionStrings:vectors_http", $"Endpoint={relay.Url};Key={server.ApiKey}"),
            ("Rag:Index:Qdrant:Prefix", server.Prefix), ("Rag:Index:Qdrant:CompareInterval", "01:00:00"));
        return new ProjectorWorld(world, server, relay, held) { Collection = await world.CreateCollectionAsync("projected") };
    }

    /// <summary>The first version, as a projector begins it.</summary>
    public async Task<IndexVersion> BeginAsync() => await CreateAsync(await Versions.TakeOverAsync(Projection.Provider, default), isActive: true);

    /// <summary>One more version, by the same projector.</summary>
    public Task<IndexVersion> BuildAsync(IndexVersion other) => CreateAsync(other.Epoch, isActive: false);

    /// <summary>The same version, as the next projector writes it.</summary>
    public async Task<IndexVersion> TakeOverAsync(IndexVersion version) => version with { Epoch = await Versions.TakeOverAsync(Projection.Provider, default) };

    /// <summary>Goes on until there is nothing to do.</summary>
    public async Task FinishAsync(IndexVersion version)
    {
        for (var round = 0; await Projection.RunAsync(version, null, default); round++)
        {
            Assert.True(round < 100, "It does not come to an end.");
        }
    }

    /// <summary>One whole pass.</summary>
    public async Task ReconcileAsync(IndexVersion version)
    {
        for (var step = 0; await Reconciliation.StepAsync(version, default); step++)
        {
            Assert.True(step < 100, "It does not come to an end.");
        }
    }

    public Task<DocumentId> PublishAsync(string source, string text, JsonObject? metadata = null) => World.PublishAsync(Collection, source, text, metadata: metadata);

    public Task<DocumentId> PublishAwaitingAsync(string source, string text) => World.PublishAwaitingIndexAsync(Collection, source, text);

    /// <summary>A point of somebody else's.</summary>
    public async Task PutStrayAsync(IndexVersion version, string payload)
    {
        using var client = server.Client();
        using var body = new StringContent($$"""{"points":[{"id":"{{Guid.NewGuid()}}","vector":{},"payload":{{payload}}}]}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.PutAsync($"collections/{version.Name}/points?wait=true", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A document's points.</summary>
    public Task<long> CountAsync(IndexVersion version, DocumentId document, MetadataFilter? filter = null)
    {
        var points = QdrantFilter.Of(Collection.Id, filter);
        points["must"]!.AsArray().Add(JsonNode.Parse($$$"""{"key":"document","match":{"value":"{{{document}}}"}}"""));
        return Client().CountAsync(version.Name, points, default);
    }

    public Task<long> GenerationAsync(DocumentId document) => ScalarAsync<long>($"select active_generation from documents where id = '{document}'")!;

    public async Task<(string? Status, string? Problem)> StateAsync(DocumentId document) => (
        await ScalarAsync<string>($"select status from documents where id = '{document}'"), await ScalarAsync<string>($"select problem_code from documents where id = '{document}'"));

    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = await World.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync();
        return await connection.Sql(sql).ScalarAsync<T>(default);
    }

    /// <summary>The world's own projector works from now on.</summary>
    public ValueTask ReleaseAsync() => held.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        await held.DisposeAsync();
        await Relay.DisposeAsync();
        var violations = await server.ViolationsAsync();
        await server.DisposeAsync();
        Assert.Empty(violations);
    }

    // Past the relay, which may answer otherwise.
    private QdrantClient Client() => new(server.Client(), new QdrantOptions());

    private async Task<IndexVersion> CreateAsync(long epoch, bool isActive)
    {
        await Versions.CreateAsync(Projection.Provider, server.Prefix, World.Services.GetRequiredService<IEmbedder>().Space, default);
        var version = (await Versions.ListAsync(Projection.Provider, epoch, default)).Single(v => v.IsActive == isActive);
        await Qdrant.CreateAsync(version.Name, version.Dimensions, default);
        await Versions.MadeAsync(version, default);
        return version with { IsMade = true };
    }
}
