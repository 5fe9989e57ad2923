using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Searches Qdrant. What a query's words are worth comes from the books, which belong to the same moment as the watermark, or a later one.
/// </summary>
internal sealed class QdrantIndex(Database database, StorageSignals signals, QdrantClient qdrant, IEmbedder? embedder) : IIndexReader
{
    private readonly WatermarkWatch _watermarks = new(database, signals);

    /// <inheritdoc/>
    public async Task<IndexHits> SearchAsync(IndexQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        // The watermark first: what is in the index by then is found.
        var state = await StateAsync(query.Collection, query.Terms, cancellationToken);
        var vector = state.HasVectors ? query.Vector : null;
        var isLexical = query.Terms.Count > 0 && !(query.PrefersDense && vector is not null);
        var request = new QdrantQuery(
            isLexical && state.Chunks > 0 ? LexicalWeights.OfQuery(query.Terms, state.Idf) : null,
            state.Chunks > 0 ? vector : null,
            QdrantFilter.Of(query.Collection, query.Filter),
            query.Depth);
        var hits = request is { Terms: null, Vector: null } ? [] : await FindAsync(state.Name, request, cancellationToken);
        var isFused = request is { Terms: not null, Vector: not null };
        return new IndexHits
        {
            Lexical = request.Terms is not null && !isFused ? hits : [],
            Dense = vector is null ? null : isFused || request.Vector is null ? [] : hits,
            Fused = isFused ? hits : null,
            TermWeights = state.Idf,
            AverageLength = state.AverageLength,
            Watermark = state.Watermark,
        };
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<double>> TermWeightsAsync(CollectionId collection, IReadOnlyList<TermWeight> terms, CancellationToken cancellationToken) =>
        (await StateAsync(collection, terms, cancellationToken)).Idf;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> AnalyzersAsync(CollectionId collection, CancellationToken cancellationToken) => await database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select a.analyzer from index_analyzers a join index_versions v on v.id = a.version_id
                where v.provider = $1 and v.state = 'active' and a.collection_id = $2 order by 1
                """,
                Projection.Provider,
                collection.Value)
            .ListAsync(static r => r.GetString(0), token),
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> WaitForAsync(CollectionId collection, long sequence, TimeSpan atMost, CancellationToken cancellationToken) =>
        _watermarks.WaitForAsync(collection, sequence, atMost, cancellationToken);

    private async Task<List<IndexHit>> FindAsync(string name, QdrantQuery request, CancellationToken cancellationToken)
    {
        var found = await qdrant.QueryAsync(name, request, cancellationToken);
        var hits = found.Select(static f => new IndexHit(
            new DocumentId(f.Payload.GetProperty(PayloadFields.Document).GetGuid()),
            f.Payload.GetProperty(PayloadFields.Generation).GetInt64(),
            f.Payload.GetProperty(PayloadFields.Ordinal).GetInt32(),
            f.Score)).ToList();
        hits.Sort(IndexHit.BestFirst);
        return hits;
    }

    private Task<State> StateAsync(CollectionId collection, IReadOnlyList<TermWeight> terms, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) =>
        {
            // One statement: counts of two moments do not go together.
            await using var command = connection.Sql(
                """
                select v.name, i.watermark, i.loaded, i.chunks, i.vectors, i.average_length,
                    s.provider, s.model, s.revision, s.dimensions, s.document_prefix, s.query_prefix, s.normalised, t.terms, t.holders
                from index_versions v
                left join index_collections i on i.version_id = v.id and i.collection_id = $2
                left join embedding_spaces s on s.id = v.space_id
                cross join lateral (
                    select coalesce(array_agg(t.term), '{}') as terms, coalesce(array_agg(t.chunks), '{}') as holders
                    from index_terms t where t.version_id = v.id and t.collection_id = $2 and t.term = any($3)) t
                where v.provider = $1 and v.state = 'active'
                """,
                Projection.Provider,
                collection.Value,
                terms.Select(static t => t.Hash).ToArray());
            await using var reader = await command.ExecuteReaderAsync(token);
            if (!await reader.ReadAsync(token))
            {
                throw new RagException("index-away", "The vector index is not built yet. A worker builds it when it starts; try again in a moment.", isTransient: true);
            }

            var name = reader.GetString(0);
            var isLoaded = !reader.IsDBNull(1) && reader.GetBoolean(2);
            var (watermark, chunks, vectors, average) = reader.IsDBNull(1) ? (-1, 0, 0, 1.0) : (reader.GetInt64(1), reader.GetInt64(3), reader.GetInt64(4), reader.GetDouble(5));
            // As long as one chunk has none, a search by vectors would miss it.
            var hasVectors = vectors > 0 && vectors == chunks && embedder is not null && SpaceOf(reader) == embedder.Space;
            var holders = reader.GetFieldValue<long[]>(13).Zip(reader.GetFieldValue<int[]>(14)).ToDictionary(static h => h.First, static h => h.Second);
            var idf = terms.Select(t => Bm25.InverseDocumentFrequency(chunks, holders.GetValueOrDefault(t.Hash))).ToArray();
            return new State(name, isLoaded ? watermark : -1, chunks, hasVectors, average, idf);
        },
        cancellationToken);

    private static EmbeddingSpace? SpaceOf(NpgsqlDataReader reader) => reader.IsDBNull(6)
        ? null
        : new EmbeddingSpace(reader.GetString(6), reader.GetString(7), reader.GetString(8), reader.GetInt32(9), reader.GetString(10), reader.GetString(11), reader.GetBoolean(12));

    private sealed record State(string Name, long Watermark, long Chunks, bool HasVectors, double AverageLength, double[] Idf);
}
