using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Has the projector build a new version beside the one that is searched, or write one collection of it again. What is asked for stands
/// in the database: whoever is the projector then, or after a restart, does it.
/// </summary>
internal sealed class QdrantRebuilder(Database database, StorageSignals signals, ProjectionBooks books, QdrantOptions options, IEmbedder? embedder) : IIndexRebuilder
{
    /// <inheritdoc/>
    public async Task StartAsync(CollectionId? collection, CancellationToken cancellationToken)
    {
        if (collection is { } one)
        {
            await WriteAgainAsync(one, cancellationToken);
        }
        else
        {
            await books.CreateAsync(Projection.Provider, options.Prefix, embedder?.Space, cancellationToken);
        }

        signals.Signal(StorageChannels.IndexChanges, collection?.ToString() ?? string.Empty);
    }

    /// <inheritdoc/>
    public async Task<IndexState> StateAsync(CancellationToken cancellationToken) => (await database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                with newest as (
                    select id, state from index_versions where provider = $1 and state in ('active', 'building') order by state = 'building' desc limit 1),
                active as (select id from index_versions where provider = $1 and state = 'active')
                select
                    exists (select 1 from newest where state = 'building')
                        or exists (select 1 from index_collections i join active a on a.id = i.version_id where i.comparing or not i.loaded),
                    (select count(*) from documents where active_generation is not null),
                    (select count(*) from documents d join index_documents i on i.document_id = d.id and i.generation = d.active_generation
                        join newest n on n.id = i.version_id),
                    (select coalesce(extract(epoch from now() - min(c.created)), 0)::float8
                        from index_changes c join index_collections i on i.collection_id = c.collection_id join active a on a.id = i.version_id
                        where c.seq > i.watermark)
                """,
                Projection.Provider)
            .FirstAsync(
                static r => new IndexState(IndexProvider.Qdrant, r.GetBoolean(0), r.GetInt64(1), r.GetInt64(2), TimeSpan.FromSeconds(Math.Max(0, r.GetDouble(3)))), token),
        cancellationToken))!;

    private Task<int> WriteAgainAsync(CollectionId collection, CancellationToken cancellationToken) => database.TransactionAsync(
        async (connection, token) =>
        {
            await using var batch = connection.CreateBatch();
            // In the projector's own order, so that neither waits for the other in a circle.
            batch.Then("select 1 from index_projectors where provider = $1 for update", Projection.Provider);
            batch.Then(
                """
                update index_documents set generation = 0
                where collection_id = $2 and version_id in (select id from index_versions where provider = $1 and state = 'active')
                """,
                Projection.Provider,
                collection.Value);
            batch.Then(
                """
                update index_collections
                set comparing = true, average_length = case when chunks > 0 and total_length > 0 then total_length::float8 / chunks else average_length end
                where collection_id = $2 and version_id in (select id from index_versions where provider = $1 and state = 'active')
                """,
                Projection.Provider,
                collection.Value);
            return await batch.ExecuteNonQueryAsync(token);
        },
        cancellationToken);
}
