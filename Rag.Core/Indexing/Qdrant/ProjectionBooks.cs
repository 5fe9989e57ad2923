using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Writes down what the index holds. Each call is one transaction and gives up with <see cref="ProjectorReplacedException"/> when another
/// projector has taken over: then that one repeats the work, which overwrites the same points.
/// </summary>
internal sealed class ProjectionBooks(ProjectionFence fence)
{
    /// <summary>
    /// By how much the mean length of a collection's chunks may differ from the one that their weights were made with. Half of it costs
    /// twice as much: while the mean goes from a to b, all of the collection is written again ln(b / a) / ln(1 + tolerance) times. Where
    /// chunks are alike, that of some hundreds keeps within a twentieth by itself.
    /// </summary>
    public const double Tolerance = 0.05;

    /// <summary>As <see cref="Tolerance"/>, for what was just loaded: it may have begun with an estimate, and is written once more at most.</summary>
    public const double ToleranceOfLoad = 0.01;

    private static readonly string[] Tables = ["index_terms", "index_analyzers", "index_documents", "index_collections"];

    /// <summary>Begins to hold a collection: everything up to <paramref name="head"/> is still to come.</summary>
    public Task<ProjectedCollection> BeginAsync(IndexVersion version, CollectionId collection, long head, double averageLength, CancellationToken cancellationToken) =>
        fence.RunAsync(
            version,
            async (connection, token) =>
            {
                var weights = await connection.Sql(
                        """
                        insert into index_collections (version_id, collection_id, watermark, loaded, comparing, average_length) values ($1, $2, $3, false, true, $4)
                        on conflict (version_id, collection_id) do update set watermark = excluded.watermark, loaded = false, comparing = true
                        returning weights
                        """,
                        version.Id,
                        collection.Value,
                        head,
                        averageLength)
                    .ScalarAsync<int>(token);
                return new ProjectedCollection(collection, head, IsLoaded: false, IsComparing: true, averageLength, weights);
            },
            cancellationToken);

    /// <summary>Notes that everything that there was has been in a version.</summary>
    public Task FilledAsync(IndexVersion version, CancellationToken cancellationToken) => fence.RunAsync(
        version, (connection, token) => connection.Sql("update index_versions set filled = true where id = $1", version.Id).RunAsync(token), cancellationToken);

    /// <summary>Forgets a collection whose points are removed.</summary>
    public Task ForgetAsync(IndexVersion version, CollectionId collection, CancellationToken cancellationToken) => fence.RunAsync(
        version,
        async (connection, token) =>
        {
            await using var batch = connection.CreateBatch();
            batch.Timeout = (int)SqlExtensions.RemovalTimeout.TotalSeconds;
            foreach (var table in Tables)
            {
                batch.Then($"delete from {table} where version_id = $1 and collection_id = $2", version.Id, collection.Value);
            }

            await batch.ExecuteNonQueryAsync(token);
            return true;
        },
        cancellationToken);

    /// <summary>Has documents written again.</summary>
    public Task RequestAsync(IndexVersion version, CollectionId collection, IEnumerable<DocumentId> documents, CancellationToken cancellationToken) => fence.RunAsync(
        version,
        async (connection, token) =>
        {
            await using var batch = connection.CreateBatch();
            batch.Then("update index_documents set weights = -1 where version_id = $1 and document_id = any($2)", version.Id, documents.Select(static d => d.Value).ToArray());
            batch.Then("update index_collections set comparing = true where version_id = $1 and collection_id = $2", version.Id, collection.Value);
            await batch.ExecuteNonQueryAsync(token);
            return true;
        },
        cancellationToken);

    /// <summary>Forgets all that a version holds.</summary>
    public Task ResetAsync(IndexVersion version, CancellationToken cancellationToken) => fence.RunAsync(
        version,
        async (connection, token) =>
        {
            await using var batch = connection.CreateBatch();
            batch.Timeout = (int)SqlExtensions.RemovalTimeout.TotalSeconds;
            foreach (var table in Tables)
            {
                batch.Then($"delete from {table} where version_id = $1", version.Id);
            }

            await batch.ExecuteNonQueryAsync(token);
            return true;
        },
        cancellationToken);

    /// <summary>
    /// Books documents whose points are written: statistics, watermark, and in the active version the state of those that waited for it.
    /// </summary>
    /// <returns>Whether the state of documents changed.</returns>
    public Task<bool> CommitAsync(ProjectionBatch batch, CancellationToken cancellationToken) => fence.RunAsync(
        batch.Version,
        async (connection, token) =>
        {
            var ids = batch.Documents.Select(static d => d.Document.Value).ToArray();
            var before = await connection.Sql(
                    "delete from index_documents where version_id = $1 and document_id = any($2) returning chunks, vectors, total_length, analyzer, terms",
                    batch.Version.Id,
                    ids)
                .ListAsync(
                    static r => (Chunks: r.GetInt32(0), Vectors: r.GetInt32(1), Length: r.GetInt64(2), Analyzer: r.GetString(3), Terms: r.GetFieldValue<byte[]>(4)), token);
            var now = batch.Documents.Where(static d => d.Generation is not null).ToList();
            await InsertAsync(connection, batch, now, token);
            await CountTermsAsync(connection, batch, before.Select(static b => b.Terms), now, token);
            await CountAnalyzersAsync(connection, batch, before.Select(static b => b.Analyzer), now, token);
            await connection.Sql(
                    """
                    update index_collections
                    set chunks = chunks + $3, vectors = vectors + $4, total_length = total_length + $5,
                        watermark = coalesce($6::bigint, watermark), loaded = loaded or $7,
                        -- Unless everything is to be written again since.
                        comparing = comparing and not ($7 and weights = $8)
                    where version_id = $1 and collection_id = $2
                    """,
                    batch.Version.Id,
                    batch.Collection.Value,
                    now.Sum(static d => (long)d.Chunks) - before.Sum(static b => (long)b.Chunks),
                    now.Sum(static d => (long)d.Vectors) - before.Sum(static b => (long)b.Vectors),
                    now.Sum(static d => d.TotalLength) - before.Sum(static b => b.Length),
                    batch.Watermark,
                    batch.CompletesLoad,
                    batch.Weights)
                .RunAsync(token);
            await ReweighAsync(connection, batch, token);
            return batch.Version.IsActive && (await WaitingForIndex.SettleAsync(connection, batch.Version, [.. now.Select(static d => d.Document)], token)).Count > 0;
        },
        cancellationToken);

    private static Task<int> InsertAsync(NpgsqlConnection connection, ProjectionBatch batch, List<ProjectedDocument> documents, CancellationToken cancellationToken) =>
        connection.Sql(
                """
                insert into index_documents (version_id, collection_id, document_id, generation, chunks, vectors, total_length, analyzer, terms, metadata, problem, weights)
                select $1, $2, n.*, $12 from unnest($3::uuid[], $4::bigint[], $5::int[], $6::int[], $7::bigint[], $8::text[], $9::bytea[], $10::uuid[], $11::text[]) as n
                """,
                batch.Version.Id,
                batch.Collection.Value,
                documents.Select(static d => d.Document.Value).ToArray(),
                documents.Select(static d => d.Generation!.Value).ToArray(),
                documents.Select(static d => d.Chunks).ToArray(),
                documents.Select(static d => d.Vectors).ToArray(),
                documents.Select(static d => d.TotalLength).ToArray(),
                documents.Select(static d => d.Analyzer).ToArray(),
                documents.Select(static d => d.PackedHolders()).ToArray(),
                documents.Select(static d => d.Metadata).ToArray(),
                documents.Select(static d => d.Problem).ToArray(),
                batch.Weights)
            .RunAsync(cancellationToken);

    private static async Task CountTermsAsync(
        NpgsqlConnection connection, ProjectionBatch batch, IEnumerable<byte[]> before, List<ProjectedDocument> now, CancellationToken cancellationToken)
    {
        var changes = new Dictionary<long, int>();
        foreach (var term in before.SelectMany(static b => TermVector.Unpack(b)))
        {
            changes[term.Hash] = changes.GetValueOrDefault(term.Hash) - term.Frequency;
        }

        foreach (var (term, chunks) in now.SelectMany(static d => d.Holders))
        {
            changes[term] = changes.GetValueOrDefault(term) + chunks;
        }

        var changed = changes.Where(static c => c.Value != 0).OrderBy(static c => c.Key).ToArray();
        await using var statements = connection.CreateBatch();
        // A batch may hold many more terms than a search.
        statements.Timeout = (int)SqlExtensions.RemovalTimeout.TotalSeconds;
        statements.Then(
            """
            insert into index_terms as t (version_id, collection_id, term, chunks)
            select $1, $2, * from unnest($3::bigint[], $4::int[])
            on conflict (version_id, collection_id, term) do update set chunks = t.chunks + excluded.chunks
            """,
            batch.Version.Id,
            batch.Collection.Value,
            changed.Select(static c => c.Key).ToArray(),
            changed.Select(static c => c.Value).ToArray());
        statements.Then(
            "delete from index_terms where version_id = $1 and collection_id = $2 and term = any($3) and chunks <= 0",
            batch.Version.Id,
            batch.Collection.Value,
            changed.Where(static c => c.Value < 0).Select(static c => c.Key).ToArray());
        await statements.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task CountAnalyzersAsync(
        NpgsqlConnection connection, ProjectionBatch batch, IEnumerable<string> before, List<ProjectedDocument> now, CancellationToken cancellationToken)
    {
        var changed = before.Select(static a => (Analyzer: a, Count: -1)).Concat(now.Select(static d => (d.Analyzer, Count: 1)))
            .GroupBy(static c => c.Analyzer, static c => c.Count, StringComparer.Ordinal)
            .Select(static g => (Analyzer: g.Key, Change: g.Sum()))
            .Where(static c => c.Change != 0)
            .OrderBy(static c => c.Analyzer, StringComparer.Ordinal)
            .ToArray();
        await using var statements = connection.CreateBatch();
        statements.Then(
            """
            insert into index_analyzers as a (version_id, collection_id, analyzer, documents)
            select $1, $2, * from unnest($3::text[], $4::int[])
            on conflict (version_id, collection_id, analyzer) do update set documents = a.documents + excluded.documents
            """,
            batch.Version.Id,
            batch.Collection.Value,
            changed.Select(static c => c.Analyzer).ToArray(),
            changed.Select(static c => c.Change).ToArray());
        statements.Then("delete from index_analyzers where version_id = $1 and collection_id = $2 and documents <= 0", batch.Version.Id, batch.Collection.Value);
        await statements.ExecuteNonQueryAsync(cancellationToken);
    }

    // Weights are made with the mean length that there was. When it is another by more than the tolerance, all of them are made anew, while search goes on.
    private static Task<int> ReweighAsync(NpgsqlConnection connection, ProjectionBatch batch, CancellationToken cancellationToken) => connection.Sql(
            """
            update index_collections set comparing = true, weights = weights + 1, average_length = greatest(total_length::float8 / chunks, 1)
            where version_id = $1 and collection_id = $2 and not comparing and chunks > 0
              and greatest(total_length::float8 / chunks, 1) not between average_length / $3 and average_length * $3
            """,
            batch.Version.Id,
            batch.Collection.Value,
            1 + (batch.IsLoaded ? Tolerance : ToleranceOfLoad))
        .RunAsync(cancellationToken);
}
