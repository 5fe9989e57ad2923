using Rag.Core.Documents;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Embedded;

/// <summary>Makes every process load its collections anew.</summary>
internal sealed class EmbeddedRebuilder(Database database, StorageSignals signals) : IIndexRebuilder
{
    /// <inheritdoc/>
    public async Task<RebuildStart> StartAsync(CollectionId? collection, CancellationToken cancellationToken)
    {
        // A number without its change: whoever follows finds a gap, and a gap is closed by reading the whole collection.
        await database.ReadAsync(
            (connection, token) => connection.Sql(
                    "update collection_sequences set change_seq = change_seq + 1 where $1::uuid is null or collection_id = $1::uuid", collection?.Value)
                .RunAsync(token),
            cancellationToken);
        signals.Signal(StorageChannels.IndexChanges, collection?.ToString() ?? string.Empty);
        return RebuildStart.Begun;
    }

    /// <inheritdoc/>
    public Task<IndexState> StateAsync(CollectionId? collection, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) =>
        {
            var documents = await connection.Sql(
                    "select count(*) from documents where active_generation is not null and ($1::uuid is null or collection_id = $1::uuid)", collection?.Value)
                .ScalarAsync<long>(token);
            return new IndexState(IndexProvider.Embedded, IsBuilding: false, IsFilling: false, documents, documents, Lag: null);
        },
        cancellationToken);
}
