using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Has the projector build a new version beside the one that is searched, or write one collection of it again. What is asked for stands
/// in the database: whoever is the projector then, or after a restart, does it.
/// </summary>
internal sealed class QdrantRebuilder(Database database, StorageSignals signals, IndexVersions versions, QdrantOptions options, IEmbedder? embedder) : IIndexRebuilder
{
    /// <inheritdoc/>
    public async Task<RebuildStart> StartAsync(CollectionId? collection, CancellationToken cancellationToken)
    {
        var start = collection is { } one
            ? await WriteAgainAsync(one, cancellationToken)
            : await versions.CreateAsync(Projection.Provider, options.Prefix, embedder?.Space, cancellationToken);
        signals.Signal(StorageChannels.IndexChanges, collection?.ToString() ?? string.Empty);
        return start;
    }

    /// <inheritdoc/>
    // One collection is looked at in the version that is searched: only all of them are built beside it.
    public async Task<IndexState> StateAsync(CollectionId? collection, CancellationToken cancellationToken) => (await database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                with newest as (
                    select id, state from index_versions
                    where provider = $1 and (state = 'active' or (state = 'building' and $2::uuid is null)) order by state = 'building' desc limit 1),
                active as (select id from index_versions where provider = $1 and state = 'active')
                select
                    exists (select 1 from newest where state = 'building')
                        or exists (
                            select 1 from collection_sequences s
                            left join (index_collections i join active a on a.id = i.version_id) on i.collection_id = s.collection_id
                            where ($2::uuid is null or s.collection_id = $2::uuid) and (i.collection_id is null or i.comparing or not i.loaded)),
                    $2::uuid is null and not exists (select from index_versions where provider = $1 and (state = 'building' or (state = 'active' and filled)))
                        and exists (
                            select from collection_sequences s left join (index_collections i join active a on a.id = i.version_id) on i.collection_id = s.collection_id
                            where i.collection_id is null or not i.loaded),
                    (select count(*) from documents where active_generation is not null and ($2::uuid is null or collection_id = $2::uuid)),
                    (select count(*) from documents d join index_documents i on i.document_id = d.id and i.generation = d.active_generation
                        join newest n on n.id = i.version_id
                        join index_collections c on c.version_id = i.version_id and c.collection_id = i.collection_id and c.weights = i.weights
                        where $2::uuid is null or d.collection_id = $2::uuid),
                    (select coalesce(extract(epoch from now() - min(c.created)), 0)::float8
                        from index_changes c join index_collections i on i.collection_id = c.collection_id join active a on a.id = i.version_id
                        where c.seq > i.watermark and ($2::uuid is null or c.collection_id = $2::uuid))
                """,
                Projection.Provider,
                collection?.Value)
            .FirstAsync(
                static r => new IndexState(
                    IndexProvider.Qdrant, r.GetBoolean(0), r.GetBoolean(1), r.GetInt64(2), r.GetInt64(3), TimeSpan.FromSeconds(Math.Max(0, r.GetDouble(4)))), token),
        cancellationToken))!;

    // One row: each of its documents has older weights than it then, and is written again. While some still have, that is under way.
    private Task<RebuildStart> WriteAgainAsync(CollectionId collection, CancellationToken cancellationToken) => database.TransactionAsync(
        async (connection, token) =>
        {
            var version = await connection.Sql(
                    """
                    select i.version_id from index_collections i join index_versions v on v.id = i.version_id
                    where i.collection_id = $2 and v.provider = $1 and v.state = 'active' for update of i
                    """,
                    Projection.Provider,
                    collection.Value)
                .ScalarAsync<int?>(token);
            if (version is { } active)
            {
                return await connection.Sql(
                        """
                        update index_collections i
                        set comparing = true, weights = weights + 1, average_length = case when chunks > 0 then greatest(total_length::float8 / chunks, 1) else average_length end
                        where i.version_id = $1 and i.collection_id = $2
                          and not exists (select from index_documents d where d.version_id = i.version_id and d.collection_id = i.collection_id and d.weights < i.weights)
                        """,
                        active,
                        collection.Value)
                    .RunAsync(token) > 0 ? RebuildStart.Begun : RebuildStart.Running;
            }

            // A collection with nothing to search needs no place in the index.
            return !await connection.Sql("select exists (select from documents where collection_id = $1 and active_generation is not null)", collection.Value).ScalarAsync<bool>(token)
                ? RebuildStart.Empty
                : throw new RagException(
                    "index-away", "The collection is not in the vector index yet, so there is nothing to write again. A worker puts it there; try again in a moment.", isTransient: true);
        },
        cancellationToken);
}
