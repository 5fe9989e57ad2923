using System.Data;
using System.Runtime.InteropServices;
using System.Text;
using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Embedded;

/// <summary>
/// Reads a collection, or what changed in it, out of PostgreSQL. Each call sees one moment (repeatable read), so that documents,
/// chunks and the change they are current to belong together.
/// </summary>
/// <param name="database">Where from.</param>
/// <param name="space">Whose vectors are read; null for none.</param>
/// <param name="postingsPerSegment">Bounds how much waits in a builder before it becomes compact.</param>
internal sealed class ChangeReader(Database database, EmbeddingSpace? space, int postingsPerSegment = 1_000_000)
{
    // Bounds what the server sorts for one query; a document goes whole.
    private const int DocumentsPerQuery = 1000;
    private const int ChunksPerQuery = 10_000;

    private int? _spaceId;

    /// <summary>Length of the vectors that are read; 0 for none.</summary>
    public int Dimensions => space?.Dimensions ?? 0;

    /// <summary>The whole collection; null when there is no such collection.</summary>
    public Task<ChangeSet?> ReadAllAsync(CollectionId collection, CancellationToken cancellationToken) =>
        ReadAsync(
            collection,
            static (connection, id, token) => connection
                .Sql("select id, chunk_count from documents where collection_id = $1 and active_generation is not null order by id", id.Value)
                .ListAsync(static r => new Concerned(r.GetGuid(0), r.GetInt32(1)), token),
            cancellationToken);

    /// <summary>
    /// The documents changed after a change, as they are now; null when the collection is gone. When changes in between are no longer
    /// kept, <see cref="ChangeSet.IsWhole"/> is true and it holds the whole collection.
    /// </summary>
    public async Task<ChangeSet?> ReadSinceAsync(CollectionId collection, long watermark, CancellationToken cancellationToken)
    {
        var isGap = false;
        var changes = await ReadAsync(
            collection,
            async (connection, id, token) =>
            {
                var (kept, last) = await connection
                    .Sql(
                        """
                        select (select count(*) from index_changes where collection_id = $1 and seq > $2), change_seq
                        from collection_sequences where collection_id = $1
                        """,
                        id.Value,
                        watermark)
                    .FirstAsync(static r => (r.GetInt64(0), r.GetInt64(1)), token);
                isGap = last - watermark != kept;
                return isGap
                    ? []
                    : await connection.Sql(
                            """
                            select c.document_id, coalesce(d.chunk_count, 0)
                            from (select distinct document_id from index_changes where collection_id = $1 and seq > $2) c
                            left join documents d on d.id = c.document_id
                            order by 1
                            """,
                            id.Value,
                            watermark)
                        .ListAsync(static r => new Concerned(r.GetGuid(0), r.GetInt32(1)), token);
            },
            cancellationToken);
        if (!isGap)
        {
            return changes;
        }

        return await ReadAllAsync(collection, cancellationToken) is { } all ? all with { IsWhole = true } : null;
    }

    private Task<ChangeSet?> ReadAsync(
        CollectionId collection,
        Func<NpgsqlConnection, CollectionId, CancellationToken, Task<List<Concerned>>> choose,
        CancellationToken cancellationToken) =>
        database.ReadAsync<ChangeSet?>(
            async (connection, token) =>
            {
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, token);
                var watermark = await connection.Sql("select change_seq from collection_sequences where collection_id = $1", collection.Value)
                    .ListAsync(static r => r.GetInt64(0), token);
                if (watermark.Count == 0)
                {
                    return null;
                }

                var documents = await choose(connection, collection, token);
                var segments = await ReadSegmentsAsync(connection, documents, token);
                return new ChangeSet(watermark[0], [.. documents.Select(static d => d.Id)], segments);
            },
            cancellationToken);

    private async Task<List<Segment>> ReadSegmentsAsync(NpgsqlConnection connection, List<Concerned> documents, CancellationToken cancellationToken)
    {
        var spaceId = await SpaceIdAsync(connection, cancellationToken);
        var segments = new SegmentCutter(Dimensions, postingsPerSegment);
        for (var from = 0; from < documents.Count;)
        {
            var to = from;
            for (var chunks = 0L; to < documents.Count && to - from < DocumentsPerQuery && (to == from || chunks + documents[to].Chunks <= ChunksPerQuery); to++)
            {
                chunks += documents[to].Chunks;
            }

            await ReadPageAsync(connection, [.. documents[from..to].Select(static d => d.Id)], spaceId, segments, cancellationToken);
            from = to;
        }

        return segments.Finish();
    }

    private static async Task ReadPageAsync(NpgsqlConnection connection, Guid[] documents, int? spaceId, SegmentCutter segments, CancellationToken cancellationToken)
    {
        await using var command = connection.Sql(
            """
            select d.id, d.active_generation, g.analyzer, d.metadata::text, c.terms, c.term_count, e.vector
            from documents d
            join generations g on g.document_id = d.id and g.generation = d.active_generation
            join chunks c on c.document_id = d.id and c.generation = d.active_generation
            left join chunk_embeddings e on e.chunk_id = c.id and e.space_id = $2
            where d.id = any($1)
            order by d.id, c.ordinal
            """,
            documents,
            spaceId ?? -1);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var current = Guid.Empty;
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetGuid(0);
            if (id != current)
            {
                current = id;
                // One object for all: the versions are few.
                segments.BeginDocument(new DocumentId(id), reader.GetInt64(1), string.Intern(reader.GetString(2)), Encoding.UTF8.GetBytes(reader.GetString(3)));
            }

            segments.Builder.AddChunk(
                reader.GetFieldValue<byte[]>(4),
                reader.GetInt32(5),
                reader.Nullable<byte[]>(6));
        }
    }

    // The row appears with the first vector of the space; until then it is asked for again.
    private async Task<int?> SpaceIdAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (space is null || _spaceId is not null)
        {
            return _spaceId;
        }

        var ids = await connection
            .Sql(
                """
                select id from embedding_spaces
                where provider = $1 and model = $2 and revision = $3 and dimensions = $4 and normalised = $5 and document_prefix = $6 and query_prefix = $7
                """,
                space.Provider,
                space.Model,
                space.Revision,
                space.Dimensions,
                space.Normalised,
                space.PassagePrefix,
                space.QueryPrefix)
            .ListAsync(static r => r.GetInt32(0), cancellationToken);
        return _spaceId = ids.Count == 0 ? null : ids[0];
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Concerned(Guid Id, int Chunks);
}

/// <summary>What to apply to a collection's index.</summary>
/// <param name="Watermark">The change that the documents are current to.</param>
/// <param name="Documents">Every document concerned; those without a place in a segment are gone or have no chunk.</param>
/// <param name="Segments">The documents that are searchable.</param>
internal sealed record ChangeSet(long Watermark, IReadOnlyList<Guid> Documents, IReadOnlyList<Segment> Segments)
{
    /// <summary>Replaces everything that was known before.</summary>
    public bool IsWhole { get; init; }
}
