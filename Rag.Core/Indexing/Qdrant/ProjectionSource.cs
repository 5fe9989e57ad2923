using System.Data;
using System.Runtime.InteropServices;
using System.Text.Json;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>Reads what there is to project out of PostgreSQL.</summary>
internal sealed class ProjectionSource(Database database)
{
    private const int PointsPerSlice = 200;
    // Qdrant takes requests of 32 MiB unless it is told otherwise.
    private const int BytesPerSlice = 16 * 1024 * 1024;

    // In one transaction: enough to make it cheap, few enough that a document does not wait for many. A document goes whole.
    private const int DocumentsPerBatch = 100;
    private const int ChunksPerBatch = 5000;
    private const int DocumentsPerLook = 1000;

    private const int SampledDocuments = 500;
    private const int SampledChunks = 50;

    /// <summary>Collections that are behind in a version, or not in it, with what is known of them.</summary>
    public Task<List<(CollectionId Collection, ProjectedCollection? Known, long Head)>> BehindAsync(IndexVersion version, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (connection, token) => connection.Sql(
                    """
                    select s.collection_id, s.change_seq, i.watermark, i.loaded, i.comparing, i.average_length, i.weights
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
                        var known = r.IsDBNull(2) ? null : new ProjectedCollection(id, r.GetInt64(2), r.GetBoolean(3), r.GetBoolean(4), r.GetDouble(5), r.GetInt32(6));
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
    public Task<(List<DocumentId> Documents, long Watermark)?> ChangedAsync(CollectionId collection, long watermark, CancellationToken cancellationToken) =>
        database.ReadAsync<(List<DocumentId>, long)?>(
            async (connection, token) =>
            {
                var changes = await connection.Sql(
                        """
                        select c.seq, c.document_id, coalesce(d.chunk_count, 0) from index_changes c left join documents d on d.id = c.document_id
                        where c.collection_id = $1 and c.seq > $2 order by c.seq limit $3
                        """,
                        collection.Value,
                        watermark,
                        DocumentsPerBatch)
                    .ListAsync(static r => (Sequence: r.GetInt64(0), Document: new DocumentId(r.GetGuid(1)), Chunks: r.GetInt32(2)), token);
                if (changes.Count == 0 || changes[^1].Sequence - watermark != changes.Count)
                {
                    return null;
                }

                var documents = new HashSet<DocumentId>();
                var chunks = 0L;
                foreach (var (sequence, document, size) in changes)
                {
                    if (documents.Contains(document) || documents.Count == 0 || chunks + size <= ChunksPerBatch)
                    {
                        chunks += documents.Add(document) ? size : 0;
                        watermark = sequence;
                    }
                    else
                    {
                        break;
                    }
                }

                return ([.. documents], watermark);
            },
            cancellationToken);

    /// <summary>
    /// The next documents that a version does not hold as they are, or holds although they are gone: by id, so that each is looked at once.
    /// </summary>
    /// <returns>They, and the last one that was looked at; null: that was all.</returns>
    public Task<(List<DocumentId> Documents, Guid? Reached)> DifferingAsync(IndexVersion version, CollectionId collection, Guid? after, CancellationToken cancellationToken) =>
        database.ReadAsync<(List<DocumentId>, Guid?)>(
            async (connection, token) =>
            {
                var looked = await connection.Sql(
                        $"""
                        with ids as (
                            (select id from documents where collection_id = $2 and id > $3 order by id limit $4)
                            union
                            (select document_id from index_documents where version_id = $1 and collection_id = $2 and document_id > $3 order by document_id limit $4)
                            order by 1 limit $4)
                        select ids.id, coalesce(d.chunk_count, 0), {Differs}
                        from ids left join documents d on d.id = ids.id left join index_documents i on i.version_id = $1 and i.document_id = ids.id
                        left join index_collections c on c.version_id = $1 and c.collection_id = $2
                        order by 1
                        """,
                        version.Id,
                        collection.Value,
                        after ?? Guid.Empty,
                        DocumentsPerLook)
                    .ListAsync(static r => (Id: r.GetGuid(0), Chunks: r.GetInt32(1), Differs: r.GetBoolean(2)), token);
                var documents = new List<DocumentId>();
                Guid? reached = null;
                var chunks = 0L;
                foreach (var (id, size, differs) in looked)
                {
                    if (differs && (documents.Count == DocumentsPerBatch || (documents.Count > 0 && chunks + size > ChunksPerBatch)))
                    {
                        return (documents, reached);
                    }

                    if (differs)
                    {
                        documents.Add(new DocumentId(id));
                        chunks += size;
                    }

                    reached = id;
                }

                return (documents, looked.Count < DocumentsPerLook ? null : reached);
            },
            cancellationToken);

    /// <summary>Whether there is a document of which the books say something else than its row.</summary>
    public Task<bool> DiffersAsync(IndexVersion version, CollectionId collection, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                $"""
                select exists (
                    select 1 from (select * from documents where collection_id = $2 and active_generation is not null) d
                    full join (select * from index_documents where version_id = $1 and collection_id = $2) i on i.document_id = d.id
                    left join index_collections c on c.version_id = $1 and c.collection_id = $2
                    where {Differs})
                """,
                version.Id,
                collection.Value)
            .ScalarAsync<bool>(token),
        cancellationToken);

    // Of document d, its row i in the books and its collection's row c.
    private const string Differs =
        $"(d.active_generation is distinct from i.generation or (i.generation is not null and ({Digest} is distinct from i.metadata or i.weights <> c.weights)))";

    // jsonb has one text for one value.
    private const string Digest = "md5(d.metadata::text)::uuid";

    /// <summary>Collections of which everything is written.</summary>
    public Task<List<CollectionId>> SettledAsync(IndexVersion version, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql("select collection_id from index_collections where version_id = $1 and loaded and not comparing order by collection_id", version.Id)
            .ListAsync(static r => new CollectionId(r.GetGuid(0)), token),
        cancellationToken);

    /// <summary>Collections that there may be points of, and how many each has.</summary>
    public Task<Dictionary<CollectionId, long>> HeldAsync(IndexVersion version, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) => (await connection.Sql("select collection_id, chunks from index_collections where version_id = $1", version.Id)
            .ListAsync(static r => (Id: new CollectionId(r.GetGuid(0)), Chunks: r.GetInt64(1)), token)).ToDictionary(static r => r.Id, static r => r.Chunks),
        cancellationToken);

    /// <summary>What the books say of a collection, in one moment; null while it is written anew.</summary>
    public Task<Dictionary<DocumentId, BookedDocument>?> BookedAsync(IndexVersion version, CollectionId collection, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) =>
        {
            var rows = await connection.Sql(
                    """
                    select d.document_id, d.generation, d.chunks, d.metadata
                    from index_collections c left join index_documents d on d.version_id = c.version_id and d.collection_id = c.collection_id
                    where c.version_id = $1 and c.collection_id = $2 and c.loaded and not c.comparing
                    """,
                    version.Id,
                    collection.Value)
                .ListAsync(
                    static r => r.IsDBNull(0) ? default((Guid, BookedDocument)?) : (r.GetGuid(0), new BookedDocument(r.GetInt64(1), r.GetInt32(2), r.NullableValue<Guid>(3))), token);
            return rows.Count == 0 ? null : rows.OfType<(Guid Id, BookedDocument Booked)>().ToDictionary(static r => new DocumentId(r.Id), static r => r.Booked);
        },
        cancellationToken);

    /// <summary>One document that cannot be written, for the books.</summary>
    public Task<ProjectedDocument> RefusedAsync(DocumentId document, string problem, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) => (await StatesAsync(connection, [document.Value], token)).Select(s => s.ToProjected(problem)).SingleOrDefault()
            ?? new ProjectedDocument(document, null) { IsGone = true },
        cancellationToken);

    /// <summary>
    /// Mean length of a collection's chunks in terms, by the books of the version that is searched, else as some of them tell: all of a
    /// large collection take minutes to read, and once its documents are booked the true mean is known. 1 while it has none.
    /// </summary>
    public Task<double> AverageLengthAsync(CollectionId collection, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select greatest(1, coalesce(
                    (select i.total_length::float8 / i.chunks from index_collections i join index_versions v on v.id = i.version_id
                        where v.provider = $4 and v.state = 'active' and i.collection_id = $1 and i.loaded and i.chunks > 0),
                    (select avg(c.term_count)::float8
                        from (select id, active_generation from documents where collection_id = $1 and active_generation is not null order by id limit $2) d
                        cross join lateral (select term_count from chunks where document_id = d.id and generation = d.active_generation limit $3) c),
                    1))
                """,
                collection.Value,
                SampledDocuments,
                SampledChunks,
                Projection.Provider)
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
            var found = (await StatesAsync(connection, ids, token)).ToDictionary(static s => s.Id, static s => (Projected: s.ToProjected(null), Metadata: Tokens(s.Metadata)));
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
                var bytes = 0;
                while (await reader.ReadAsync(token))
                {
                    var (projected, metadata) = found[reader.GetGuid(0)];
                    var terms = TermVector.Unpack(reader.GetFieldValue<byte[]>(3));
                    var length = reader.GetInt32(4);
                    var stored = reader.Nullable<byte[]>(5);
                    projected.Add(terms, length, stored is not null);
                    var weights = LexicalWeights.OfChunk(terms, length, collection.AverageLength);
                    var point = new QdrantPoint(collection.Collection, projected.Document, reader.GetInt64(1), reader.GetInt32(2), weights, Vector(stored), metadata)
                    {
                        Revision = projected.Metadata!.Value,
                    };
                    if (slice.Count == PointsPerSlice || (slice.Count > 0 && bytes + point.MaxBytes > BytesPerSlice))
                    {
                        await onSlice(slice);
                        slice.Clear();
                        bytes = 0;
                    }

                    slice.Add(point);
                    bytes += point.MaxBytes;
                }

                await onSlice(slice);
            }

            return documents.Select(d => found.TryGetValue(d.Value, out var state) ? state.Projected : new ProjectedDocument(d, null) { IsGone = true }).ToList();
        },
        cancellationToken);

    private static Task<List<DocumentState>> StatesAsync(NpgsqlConnection connection, Guid[] documents, CancellationToken cancellationToken) => connection.Sql(
            $"""
            select d.id, d.active_generation, d.metadata::text, coalesce(g.analyzer, ''), {Digest}
            from documents d left join generations g on g.document_id = d.id and g.generation = d.active_generation
            where d.id = any($1)
            """,
            documents)
        .ListAsync(static r => new DocumentState(r.GetGuid(0), r.NullableValue<long>(1), r.GetString(2), r.GetString(3), r.GetGuid(4)), cancellationToken);

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

    private sealed record DocumentState(Guid Id, long? Generation, string Metadata, string Analyzer, Guid Digest)
    {
        public ProjectedDocument ToProjected(string? problem) => new(new DocumentId(Id), Generation) { Analyzer = Analyzer, Metadata = Digest, Problem = problem };
    }
}
