using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Rag.Core.Answering;
using Rag.Core.Chunking;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Extraction;
using Rag.Core.Indexing;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Jobs;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Core.Tests.Retrieval;

/// <summary>
/// Search and answering as a service has them, over a database of their own, and a writer that publishes documents with what the
/// worker publishes them with, so that a fault in it shows here too.
/// </summary>
internal sealed class SearchWorld : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly NpgsqlDataSource _source;

    private SearchWorld(IHost host)
    {
        _host = host;
        _source = host.Services.GetRequiredService<NpgsqlDataSource>();
    }

    public IServiceProvider Services => _host.Services;

    public required string ConnectionString { get; init; }

    public RetrievalService Retrieval => Services.GetRequiredService<RetrievalService>();

    public AnsweringService Answering => Services.GetRequiredService<AnsweringService>();

    /// <summary>Migrates the database and starts what follows it.</summary>
    public static Task<SearchWorld> StartAsync(string connectionString, params (string Key, string Value)[] settings) =>
        StartAsync(connectionString, TimeProvider.System, settings);

    /// <summary>As the other, with a clock of its own.</summary>
    public static async Task<SearchWorld> StartAsync(string connectionString, TimeProvider time, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
            settings.Select(static s => KeyValuePair.Create(s.Key, (string?)s.Value)).Append(KeyValuePair.Create("ConnectionStrings:ragdb", (string?)connectionString)));
        builder.Services.AddSingleton(time);
        builder.Services.AddRagStorage(builder.Configuration).AddRagEmbedding(builder.Configuration)
            .AddRagRetrieval(builder.Configuration).AddRagAnswering(builder.Configuration).AddRagIndexWriter(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await host.Services.GetRequiredService<StorageReadiness>().WaitAsync(limit.Token);
        return new SearchWorld(host) { ConnectionString = connectionString };
    }

    public async Task<Collection> CreateCollectionAsync(string name, string language = "en", ChunkingSettings? chunking = null)
    {
        var collection = new Collection
        {
            Id = CollectionId.New(),
            Name = name,
            Settings = new CollectionSettings { Language = language, Chunking = chunking ?? new ChunkingSettings() },
        };
        await using var connection = await _source.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(connection);
        batch.Then("insert into collections (id, name, settings) values ($1, $2, $3)", collection.Id.Value, name, new Json(JsonSerializer.Serialize(collection.Settings, JsonSerializerOptions.Web)));
        batch.Then("insert into collection_sequences (collection_id) values ($1)", collection.Id.Value);
        await batch.ExecuteNonQueryAsync();
        return collection;
    }

    /// <summary>Publishes one document, a new generation when its source is known.</summary>
    public async Task<DocumentId> PublishAsync(Collection collection, string sourceId, string text, string? title = null, JsonObject? metadata = null) =>
        (await PublishAsync(collection, [new NewDocument(sourceId, text, title, metadata)]))[0];

    /// <summary>As a worker does whose index lies outside of the database.</summary>
    public async Task<DocumentId> PublishAwaitingIndexAsync(Collection collection, string sourceId, string text) =>
        (await PublishAsync(collection, [new NewDocument(sourceId, text)], awaitsIndex: true))[0];

    /// <summary>Publishes many documents in one transaction, each as a worker does that has claimed its job.</summary>
    public async Task<IReadOnlyList<DocumentId>> PublishAsync(Collection collection, IReadOnlyList<NewDocument> documents, bool awaitsIndex = false)
    {
        var embedder = Services.GetService<IEmbedder>();
        await using var connection = await _source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        int? space = embedder is null ? null : await GenerationWriter.SpaceIdAsync(connection, embedder.Space, default);
        var jobs = await ClaimAsync(connection, collection, documents);
        for (var i = 0; i < jobs.Count; i++)
        {
            var (document, job) = (documents[i], jobs[i]);
            var extracted = Extracted(document.Text);
            var analyzer = Analyzers.ForLanguage(document.Language ?? collection.Settings.Language);
            var chunks = Chunker.Chunk(extracted, collection.Settings.Chunking);
            var vectors = embedder is null ? null : await embedder.EmbedPassagesAsync([.. chunks.Select(c => PassageText.Of(document.Title, c))], default);
            var generation = new GenerationText(collection.Id, job.Document, job.Generation, job.Sha256, extracted, analyzer.Version);
            await GenerationWriter.WriteTextAsync(connection, generation, default);
            await GenerationWriter.WriteChunksAsync(
                connection, generation, [.. chunks.Select((c, n) => new ChunkToWrite(c, TermVector.OfChunk(analyzer, document.Title, c), vectors?[n]))], space, default);
            var completed = new CompletedGeneration(chunks.Count, null, extracted.MediaType, null, []) { AwaitsIndex = awaitsIndex };
            Assert.True(await JobQueue.CompleteAsync(connection, job, completed, default));
        }

        await transaction.CommitAsync();
        Services.GetRequiredService<StorageSignals>().Signal(StorageChannels.IndexChanges, collection.Id.ToString());
        return [.. jobs.Select(static j => j.Document)];
    }

    public async Task DeleteAsync(Collection collection, DocumentId document)
    {
        await using var connection = await _source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.Sql("delete from documents where id = $1", document.Value).RunAsync(default);
        await AppendChangeAsync(connection, collection.Id, document, null);
        await transaction.CommitAsync();
    }

    public async Task ExecuteAsync(string sql, params object?[] values)
    {
        await using var connection = await _source.OpenConnectionAsync();
        await connection.Sql(sql, values).RunAsync(default);
    }

    public async Task<string> TextOfAsync(DocumentId document, long generation)
    {
        await using var connection = await _source.OpenConnectionAsync();
        return await connection.Sql("select text from generations where document_id = $1 and generation = $2", document.Value, generation).ScalarAsync<string>(default)
            ?? throw new InvalidOperationException("There is no such generation.");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    // Their rows and jobs as a submission and a claim leave them, in one statement for all of them.
    private static async Task<List<ClaimedJob>> ClaimAsync(NpgsqlConnection connection, Collection collection, IReadOnlyList<NewDocument> documents)
    {
        var sha256 = new byte[32];
        await connection.Sql("insert into blobs (collection_id, sha256, size_bytes) values ($1, $2, 0) on conflict do nothing", collection.Id.Value, sha256).RunAsync(default);
        var claimed = await connection.Sql(
                """
                with accepted as (
                    insert into documents (id, collection_id, source_id, name, given_title, metadata, sha256, size_bytes, status)
                    select n.id, $1, n.source, n.source, n.title, n.metadata::jsonb, $2, 0, 'processing'
                    from unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) as n(id, source, title, metadata)
                    on conflict (collection_id, source_id) do update set given_title = excluded.given_title, metadata = excluded.metadata
                    returning id, source_id)
                insert into jobs (id, collection_id, document_id, state, generation, worker, attempts, lease_until)
                select gen_random_uuid(), $1, a.id, 'running', nextval('generation_numbers'), 'test', 1, now() + interval '1 minute'
                from accepted a join unnest($4::text[]) with ordinality as n(source, place) on n.source = a.source_id order by n.place
                returning id, document_id, generation
                """,
                collection.Id.Value,
                sha256,
                documents.Select(static _ => DocumentId.New().Value).ToArray(),
                documents.Select(static d => d.SourceId).ToArray(),
                documents.Select(static d => d.Title).ToArray(),
                documents.Select(static d => (d.Metadata ?? []).ToJsonString()).ToArray())
            .ListAsync(static r => (Id: r.GetGuid(0), Document: r.GetGuid(1), Generation: r.GetInt64(2)), default);
        return [.. claimed.OrderBy(static c => c.Generation).Select((c, i) => new ClaimedJob
        {
            Id = new JobId(c.Id),
            Generation = c.Generation,
            Collection = collection.Id,
            Document = new DocumentId(c.Document),
            Attempt = 1,
            Losses = 0,
            Created = DateTimeOffset.UnixEpoch,
            Name = documents[i].SourceId,
            GivenTitle = documents[i].Title,
            Sha256 = sha256,
            SizeBytes = 0,
            Settings = collection.Settings,
        })];
    }

    // A paragraph per run of lines, as the extractor of plain text finds them.
    private static ExtractedDocument Extracted(string text)
    {
        var blocks = new List<Block>();
        var start = 0;
        while (start < text.Length)
        {
            var end = text.IndexOf("\n\n", start, StringComparison.Ordinal);
            end = end < 0 ? text.Length : end;
            if (!string.IsNullOrWhiteSpace(text[start..end]))
            {
                blocks.Add(new Block(BlockKind.Paragraph, start, end, []));
            }

            start = end + 2;
        }

        return new ExtractedDocument { Text = text, Blocks = blocks, Extractor = "test", MediaType = "text/plain" };
    }

    private static Task<int> AppendChangeAsync(NpgsqlConnection connection, CollectionId collection, DocumentId document, long? generation) =>
        connection.Sql(
                """
                with s as (update collection_sequences set change_seq = change_seq + 1 where collection_id = $1 returning change_seq)
                insert into index_changes (collection_id, seq, document_id, generation) select $1, change_seq, $2, $3::bigint from s
                """,
                collection.Value,
                document.Value,
                generation)
            .RunAsync(default);
}

/// <summary>A document to publish.</summary>
/// <param name="SourceId">New, or that of the document that it replaces.</param>
/// <param name="Text">Its text.</param>
/// <param name="Title">As its sender gave it.</param>
/// <param name="Metadata">Null for none.</param>
/// <param name="Language">Whose analyzer makes its terms, as it was when the collection had another; null: the collection's.</param>
internal sealed record NewDocument(string SourceId, string Text, string? Title = null, JsonObject? Metadata = null, string? Language = null);
