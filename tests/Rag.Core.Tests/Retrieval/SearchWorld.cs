using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using Rag.Core.Answering;
using Rag.Core.Chunking;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Extraction;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Core.Tests.Retrieval;

/// <summary>
/// Search and answering as a service has them, over a database of their own, and a writer that publishes documents as the worker
/// does: rows first, then one transaction that activates the generation and appends the change.
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

    public RetrievalService Retrieval => Services.GetRequiredService<RetrievalService>();

    public AnsweringService Answering => Services.GetRequiredService<AnsweringService>();

    /// <summary>Migrates the database and starts what follows it.</summary>
    public static async Task<SearchWorld> StartAsync(string connectionString, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
            settings.Select(static s => KeyValuePair.Create(s.Key, (string?)s.Value)).Append(KeyValuePair.Create("ConnectionStrings:ragdb", (string?)connectionString)));
        builder.Services.AddRagStorage(builder.Configuration).AddRagEmbedding(builder.Configuration)
            .AddRagRetrieval(builder.Configuration).AddRagAnswering(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await host.Services.GetRequiredService<StorageReadiness>().WaitAsync(limit.Token);
        return new SearchWorld(host);
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
        batch.Then("insert into collections (id, name, settings) values ($1, $2, $3)", collection.Id.Value, name, new Json("{}"));
        batch.Then("insert into collection_sequences (collection_id) values ($1)", collection.Id.Value);
        await batch.ExecuteNonQueryAsync();
        return collection;
    }

    /// <summary>Publishes one document, a new generation when its source is known.</summary>
    public async Task<DocumentId> PublishAsync(Collection collection, string sourceId, string text, string? title = null, JsonObject? metadata = null) =>
        (await PublishAsync(collection, [new NewDocument(sourceId, text, title, metadata)]))[0];

    /// <summary>Publishes many documents in one transaction; their sources must be new.</summary>
    public async Task<IReadOnlyList<DocumentId>> PublishAsync(Collection collection, IReadOnlyList<NewDocument> documents)
    {
        var analyzer = Analyzers.ForLanguage(collection.Settings.Language);
        var embedder = Services.GetService<IEmbedder>();
        await using var connection = await _source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        int? space = embedder is null ? null : await SpaceAsync(connection, embedder.Space);
        await connection.Sql("insert into blobs (collection_id, sha256, size_bytes) values ($1, $2, 0) on conflict do nothing", collection.Id.Value, new byte[32]).RunAsync(default);
        var written = new List<(DocumentId Id, long Generation)>();
        foreach (var document in documents)
        {
            var id = await connection.Sql(
                    """
                    insert into documents (id, collection_id, source_id, name, title, metadata, sha256, size_bytes, status)
                    values ($1, $2, $3, $3, $4::text, $5, $6, 0, 'ready')
                    on conflict (collection_id, source_id) do update set title = excluded.title, metadata = excluded.metadata returning id
                    """,
                    DocumentId.New().Value,
                    collection.Id.Value,
                    document.SourceId,
                    document.Title,
                    new Json((document.Metadata ?? []).ToJsonString()),
                    new byte[32])
                .ScalarAsync<Guid>(default);
            var generation = await connection.Sql("select nextval('generation_numbers')").ScalarAsync<long>(default);
            await connection.Sql(
                    """
                    insert into generations (document_id, generation, collection_id, sha256, text, media_type, extractor, chunker, analyzer, tokens)
                    values ($1, $2, $3, $4, $5, 'text/plain', 'test', 'test', $6, 'approx-1')
                    """,
                    id,
                    generation,
                    collection.Id.Value,
                    new byte[32],
                    document.Text,
                    analyzer.Version)
                .RunAsync(default);
            written.Add((new DocumentId(id), generation));
        }

        await WriteChunksAsync(connection, collection, documents, written, analyzer, embedder, space);
        for (var i = 0; i < written.Count; i++)
        {
            await ActivateAsync(connection, collection.Id, written[i].Id, written[i].Generation);
        }

        await transaction.CommitAsync();
        Services.GetRequiredService<StorageSignals>().Signal(StorageChannels.IndexChanges, collection.Id.ToString());
        return [.. written.Select(static w => w.Id)];
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

    private static async Task WriteChunksAsync(
        NpgsqlConnection connection, Collection collection, IReadOnlyList<NewDocument> documents,
        List<(DocumentId Id, long Generation)> written, IAnalyzer analyzer, IEmbedder? embedder, int? space)
    {
        var embeddings = new List<(ChunkId Chunk, string Text)>();
        await using (var copy = await connection.BeginBinaryImportAsync(
            """
            copy chunks (id, collection_id, document_id, generation, ordinal, start_offset, end_offset, text, headings, kind, token_count, terms, term_count)
            from stdin (format binary)
            """))
        {
            for (var i = 0; i < documents.Count; i++)
            {
                var (id, generation) = written[i];
                foreach (var chunk in Chunker.Chunk(Extracted(documents[i].Text), collection.Settings.Chunking))
                {
                    var terms = TermVector.OfChunk(analyzer, documents[i].Title, chunk);
                    var chunkId = ChunkId.For(id, generation, chunk.Ordinal);
                    await copy.WriteRowAsync(
                        default, chunkId.Value, collection.Id.Value, id.Value, generation, chunk.Ordinal, chunk.Start, chunk.End, chunk.Text,
                        chunk.Headings.ToArray(), chunk.Kind.ToString(), chunk.Tokens, terms.Bytes, terms.Count);
                    embeddings.Add((chunkId, $"{documents[i].Title}\n{chunk.Text}"));
                }
            }

            await copy.CompleteAsync();
        }

        if (embedder is null)
        {
            return;
        }

        var vectors = await embedder.EmbedPassagesAsync([.. embeddings.Select(static e => e.Text)], default);
        await using var vectorCopy = await connection.BeginBinaryImportAsync("copy chunk_embeddings (chunk_id, space_id, vector) from stdin (format binary)");
        for (var i = 0; i < embeddings.Count; i++)
        {
            await vectorCopy.StartRowAsync();
            await vectorCopy.WriteAsync(embeddings[i].Chunk.Value, NpgsqlDbType.Uuid);
            await vectorCopy.WriteAsync(space!.Value, NpgsqlDbType.Integer);
            await vectorCopy.WriteAsync(System.Runtime.InteropServices.MemoryMarshal.AsBytes(vectors[i].AsSpan()).ToArray(), NpgsqlDbType.Bytea);
        }

        await vectorCopy.CompleteAsync();
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

    private static async Task<int> SpaceAsync(NpgsqlConnection connection, EmbeddingSpace space)
    {
        await connection.Sql(
                "insert into embedding_spaces (provider, model, revision, dimensions) values ($1, $2, $3, $4) on conflict do nothing",
                space.Provider, space.Model, space.Revision, space.Dimensions)
            .RunAsync(default);
        return await connection.Sql("select id from embedding_spaces where provider = $1 and model = $2 and revision = $3 and dimensions = $4", space.Provider, space.Model, space.Revision, space.Dimensions)
            .ScalarAsync<int>(default);
    }

    private static async Task ActivateAsync(NpgsqlConnection connection, CollectionId collection, DocumentId document, long generation)
    {
        await connection.Sql("update documents set active_generation = $2 where id = $1", document.Value, generation).RunAsync(default);
        await connection.Sql("delete from generations where document_id = $1 and generation <> $2", document.Value, generation).RunAsync(default);
        await AppendChangeAsync(connection, collection, document, generation);
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
internal sealed record NewDocument(string SourceId, string Text, string? Title = null, JsonObject? Metadata = null);
