using System.Data;
using System.Runtime.InteropServices;
using System.Text.Json;
using Rag.Core.Documents;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>Reads what there is to project out of PostgreSQL.</summary>
internal sealed class ProjectionSource(Database database)
{
    private const int PointsPerSlice = 200;

    /// <summary>Collections that are behind in a version, or not in it, with what is known of them.</summary>
    public Task<List<(CollectionId Collection, ProjectedCollection? Known, long Head)>> BehindAsync(IndexVersion version, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (connection, token) => connection.Sql(
                    """
                    select s.collection_id, s.change_seq, i.watermark, i.loaded, i.comparing, i.average_length
                    from collection_sequences s
                    left join index_collections i on i.version_id = $1 and i.collection_id = s.collection_id
                    where i.collection_id is null or not i.loaded or i.comparing or s.change_seq > i.watermark
                    order by s.collection_id
                    """,
                    version.Id)
                .ListAsync(
                    static r =>
                    {
                        var id = new CollectionId(r.GetGuid(0));
                        var known = r.IsDBNull(2) ? null : new ProjectedCollection(id, r.GetInt64(2), r.GetBoolean(3), r.GetBoolean(4), r.GetDouble(5));
                        return (Id: id, Known: known, Head: r.GetInt64(1));
                    },
                    token),
            cancellationToken);

    /// <summary>Collections that a version holds and that are deleted.</summary>
    public Task<List<CollectionId>> GoneAsync(IndexVersion version, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                "select collection_id from index_collections i where version_id = $1 and not exists (select 1 from collections c where c.id = i.collection_id)",
                version.Id)
            .ListAsync(static r => new CollectionId(r.GetGuid(0)), token),
        cancellationToken);

    /// <summary>
    /// The next changed documents, and the last change among them. Null when changes in between are not kept any more: the collection
    /// must be compared as a whole.
    /// </summary>
    public Task<(List<DocumentId> Documents, long Watermark)?> ChangedAsync(
        CollectionId collection, long watermark, int limit, CancellationToken cancellationToken) => database.ReadAsync<(List<DocumentId>, long)?>(
        async (connection, token) =>
        {
            var changes = await connection.Sql(
                    "select seq, document_id from index_changes where collection_id = $1 and seq > $2 order by seq limit $3", collection.Value, watermark, limit)
                .ListAsync(static r => (Sequence: r.GetInt64(0), Document: r.GetGuid(1)), token);
            if (changes.Count == 0 || changes[^1].Sequence - watermark != changes.Count)
            {
                return null;
            }

            return ([.. changes.Select(static c => c.Document).Distinct().Select(static d => new DocumentId(d))], changes[^1].Sequence);
        },
        cancellationToken);

    /// <summary>Documents that a version does not hold as they are, or holds although they are gone.</summary>
    public Task<List<DocumentId>> DifferingAsync(IndexVersion version, CollectionId collection, int limit, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select coalesce(d.id, i.document_id)
                from (select id, active_generation from documents where collection_id = $2 and active_generation is not null) d
                full join (select document_id, generation from index_documents where version_id = $1 and collection_id = $2) i on i.document_id = d.id
                where d.active_generation is distinct from i.generation
                order by 1 limit $3
                """,
                version.Id,
                collection.Value,
                limit)
            .ListAsync(static r => new DocumentId(r.GetGuid(0)), token),
        cancellationToken);

    /// <summary>Collections of which everything is written, with the number of points that there must be.</summary>
    public Task<List<(CollectionId Collection, long Chunks)>> SettledAsync(IndexVersion version, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                "select collection_id, chunks from index_collections where version_id = $1 and loaded and not comparing order by collection_id", version.Id)
            .ListAsync(static r => (new CollectionId(r.GetGuid(0)), r.GetInt64(1)), token),
        cancellationToken);

    /// <summary>What the books say of a collection, in one moment; null while it is written anew.</summary>
    public Task<Dictionary<DocumentId, (long Generation, int Chunks)>?> BookedAsync(
        IndexVersion version, CollectionId collection, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) =>
        {
            var rows = await connection.Sql(
                    """
                    select d.document_id, d.generation, d.chunks
                    from index_collections c left join index_documents d on d.version_id = c.version_id and d.collection_id = c.collection_id
                    where c.version_id = $1 and c.collection_id = $2 and c.loaded and not c.comparing
                    """,
                    version.Id,
                    collection.Value)
                .ListAsync(static r => r.IsDBNull(0) ? default((Guid, long, int)?) : (r.GetGuid(0), r.GetInt64(1), r.GetInt32(2)), token);
            return rows.Count == 0 ? null : rows.OfType<(Guid Id, long Generation, int Chunks)>().ToDictionary(static r => new DocumentId(r.Id), static r => (r.Generation, r.Chunks));
        },
        cancellationToken);

    /// <summary>Mean length of a collection's chunks in terms; 1 while it has none.</summary>
    public Task<double> AverageLengthAsync(CollectionId collection, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select greatest(coalesce(avg(c.term_count), 1), 1)::float8
                from documents d join chunks c on c.document_id = d.id and c.generation = d.active_generation
                where d.collection_id = $1
                """,
                collection.Value)
            .ScalarAsync<double>(token),
        cancellationToken);

    /// <summary>
    /// Reads documents as they are at one moment and hands their points over slice by slice, so that a long document is never in memory
    /// as a whole.
    /// </summary>
    public Task<List<ProjectedDocument>> ReadAsync(
        IndexVersion version,
        ProjectedCollection collection,
        IReadOnlyList<DocumentId> documents,
        Func<IReadOnlyCollection<QdrantPoint>, Task> onSlice,
        CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) =>
        {
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, token);
            var ids = documents.Select(static d => d.Value).ToArray();
            var states = await connection.Sql(
                    """
                    select d.id, d.active_generation, d.metadata::text, coalesce(g.analyzer, '')
                    from documents d left join generations g on g.document_id = d.id and g.generation = d.active_generation
                    where d.id = any($1)
                    """,
                    ids)
                .ListAsync(static r => (Id: r.GetGuid(0), Generation: r.NullableValue<long>(1), Metadata: r.GetString(2), Analyzer: r.GetString(3)), token);
            var found = states.ToDictionary(
                static s => s.Id,
                static s => (Projected: new ProjectedDocument(new DocumentId(s.Id), s.Generation, s.Analyzer), Metadata: Tokens(s.Metadata)));
            await using (var command = connection.Sql(
                """
                select c.document_id, c.generation, c.ordinal, c.terms, c.term_count, e.vector
                from documents d
                join chunks c on c.document_id = d.id and c.generation = d.active_generation
                left join chunk_embeddings e on e.chunk_id = c.id and e.space_id = $2
                where d.id = any($1)
                order by c.document_id, c.ordinal
                """,
                ids,
                version.Space ?? -1))
            {
                await using var reader = await command.ExecuteReaderAsync(token);
                var slice = new List<QdrantPoint>(PointsPerSlice);
                while (await reader.ReadAsync(token))
                {
                    var (projected, metadata) = found[reader.GetGuid(0)];
                    var terms = TermVector.Unpack(reader.GetFieldValue<byte[]>(3));
                    var length = reader.GetInt32(4);
                    var bytes = reader.Nullable<byte[]>(5);
                    var vector = Vector(bytes);
                    projected.Add(terms, length, bytes is not null);
                    slice.Add(new QdrantPoint(
                        collection.Collection, projected.Document, reader.GetInt64(1), reader.GetInt32(2), LexicalWeights.OfChunk(terms, length, collection.AverageLength), vector, metadata));
                    if (slice.Count == PointsPerSlice)
                    {
                        await onSlice(slice);
                        slice.Clear();
                    }
                }

                await onSlice(slice);
            }

            return documents.Select(d => found.TryGetValue(d.Value, out var state) ? state.Projected : new ProjectedDocument(d, null)).ToList();
        },
        cancellationToken);

    private static MetadataTokens Tokens(string metadata)
    {
        using var document = JsonDocument.Parse(metadata);
        return MetadataTokens.Of(document.RootElement);
    }

    // Nothing is like a chunk without content: a vector of zeros is as good as none.
    private static ReadOnlyMemory<float>? Vector(byte[]? bytes)
    {
        if (bytes is null)
        {
            return null;
        }

        var vector = MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        return vector.AsSpan().ContainsAnyExcept(0f) ? vector : null;
    }
}
