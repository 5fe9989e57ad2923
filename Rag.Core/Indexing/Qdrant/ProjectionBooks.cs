using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Indexing.Analysis;
using Rag.Core.Jobs;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>
/// Writes down what the index holds. Each call is one transaction and gives up with <see cref="ProjectorReplacedException"/> when another
/// projector has taken over: then that one repeats the work, which overwrites the same points.
/// </summary>
internal sealed class ProjectionBooks(Database database)
{
    private static readonly string[] Tables = ["index_terms", "index_analyzers", "index_documents", "index_collections"];

    /// <summary>Makes the caller the only one whose transactions count.</summary>
    /// <returns>The number that they are made with.</returns>
    public Task<long> TakeOverAsync(string provider, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                insert into index_projectors as p (provider, epoch) values ($1, 1)
                on conflict (provider) do update set epoch = p.epoch + 1 returning epoch
                """,
                provider)
            .ScalarAsync<long>(token),
        cancellationToken);

    /// <summary>The versions there are, the active one first.</summary>
    /// <param name="provider">Whose.</param>
    /// <param name="epoch">From <see cref="TakeOverAsync"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<List<IndexVersion>> VersionsAsync(string provider, long epoch, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select v.id, v.name, v.space_id, s.dimensions, v.state = 'active'
                from index_versions v left join embedding_spaces s on s.id = v.space_id
                where v.provider = $1 and v.state <> 'retired'
                order by v.state
                """,
                provider)
            .ListAsync(
                r => new IndexVersion(r.GetInt32(0), r.GetString(1), r.NullableValue<int>(2), r.NullableValue<int>(3), r.GetBoolean(4), epoch), token),
        cancellationToken);

    /// <summary>Begins a version; the first one is searched at once.</summary>
    public Task CreateAsync(string provider, string prefix, Embedding.EmbeddingSpace? space, CancellationToken cancellationToken) => database.TransactionAsync(
        async (connection, token) =>
        {
            int? spaceId = space is null ? null : await GenerationWriter.SpaceIdAsync(connection, space, token);
            return await connection.Sql(
                    """
                    insert into index_versions (provider, name, space_id, state, activated)
                    select $1, $2 || '-' || nextval('index_version_numbers'), $3::int,
                        case when a.active then 'building' else 'active' end, case when a.active then null else now() end
                    from (select exists (select 1 from index_versions where provider = $1 and state = 'active') as active) a
                    on conflict do nothing
                    """,
                    provider,
                    prefix,
                    spaceId)
                .RunAsync(token);
        },
        cancellationToken);

    /// <summary>Begins to hold a collection: everything up to <paramref name="head"/> is still to come.</summary>
    public Task<ProjectedCollection> BeginAsync(IndexVersion version, CollectionId collection, long head, double averageLength, CancellationToken cancellationToken) =>
        WriteAsync(
            version,
            async (connection, token) =>
            {
                await connection.Sql(
                        """
                        insert into index_collections (version_id, collection_id, watermark, loaded, comparing, average_length) values ($1, $2, $3, false, true, $4)
                        on conflict (version_id, collection_id) do update set watermark = excluded.watermark, loaded = false, comparing = true
                        """,
                        version.Id,
                        collection.Value,
                        head,
                        averageLength)
                    .RunAsync(token);
                return new ProjectedCollection(collection, head, IsLoaded: false, IsComparing: true, averageLength);
            },
            cancellationToken);

    /// <summary>Forgets a collection whose points are removed.</summary>
    public Task ForgetAsync(IndexVersion version, CollectionId collection, CancellationToken cancellationToken) => WriteAsync(
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
    public Task RequestAsync(IndexVersion version, CollectionId collection, IEnumerable<DocumentId> documents, CancellationToken cancellationToken) => WriteAsync(
        version,
        async (connection, token) =>
        {
            await using var batch = connection.CreateBatch();
            batch.Then("update index_documents set generation = 0 where version_id = $1 and document_id = any($2)", version.Id, documents.Select(static d => d.Value).ToArray());
            batch.Then("update index_collections set comparing = true where version_id = $1 and collection_id = $2", version.Id, collection.Value);
            await batch.ExecuteNonQueryAsync(token);
            return true;
        },
        cancellationToken);

    /// <summary>Forgets all that a version holds.</summary>
    public Task ResetAsync(IndexVersion version, CancellationToken cancellationToken) => WriteAsync(
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
    /// <returns>Documents that became ready.</returns>
    public Task<int> CommitAsync(ProjectionBatch batch, CancellationToken cancellationToken) => WriteAsync(
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
                        watermark = coalesce($6::bigint, watermark), loaded = loaded or $7, comparing = comparing and not $7
                    where version_id = $1 and collection_id = $2
                    """,
                    batch.Version.Id,
                    batch.Collection.Value,
                    now.Sum(static d => (long)d.Chunks) - before.Sum(static b => (long)b.Chunks),
                    now.Sum(static d => (long)d.Vectors) - before.Sum(static b => (long)b.Vectors),
                    now.Sum(static d => d.TotalLength) - before.Sum(static b => b.Length),
                    batch.Watermark,
                    batch.CompletesLoad)
                .RunAsync(token);
            await ReweighAsync(connection, batch.Version, batch.Collection, token);
            return batch.Version.IsActive ? await MarkReadyAsync(connection, batch.Collection, now, token) : 0;
        },
        cancellationToken);

    /// <summary>Makes the version that was built the searched one, if nothing is missing in it; the one before is retired.</summary>
    public Task<bool> ActivateAsync(IndexVersion version, CancellationToken cancellationToken) => WriteAsync(
        version,
        async (connection, token) =>
        {
            var isBehind = await connection.Sql(
                    """
                    select exists (
                        select 1 from collection_sequences s left join index_collections i on i.version_id = $1 and i.collection_id = s.collection_id
                        where i.collection_id is null or not i.loaded or i.comparing or s.change_seq > i.watermark)
                    """,
                    version.Id)
                .ScalarAsync<bool>(token);
            if (isBehind)
            {
                return false;
            }

            await using var batch = connection.CreateBatch();
            batch.Then("update index_versions set state = 'retired', retired = now() where provider = (select provider from index_versions where id = $1) and state = 'active'", version.Id);
            batch.Then("update index_versions set state = 'active', activated = now() where id = $1", version.Id);
            await batch.ExecuteNonQueryAsync(token);
            // It may have come to a document before the version that was searched until now did.
            await ReleaseAsync(connection, version, token);
            return true;
        },
        cancellationToken);

    /// <summary>Makes documents ready that wait for the searched version although it holds them. Returns how many.</summary>
    public Task<int> ReleaseAsync(IndexVersion version, CancellationToken cancellationToken) =>
        WriteAsync(version, (connection, token) => ReleaseAsync(connection, version, token), cancellationToken);

    /// <summary>Versions nobody searches any more since <paramref name="age"/>.</summary>
    public Task<List<(int Id, string Name)>> RetiredAsync(string provider, TimeSpan age, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql("select id, name from index_versions where provider = $1 and state = 'retired' and retired < now() - $2::interval", provider, age)
            .ListAsync(static r => (r.GetInt32(0), r.GetString(1)), token),
        cancellationToken);

    /// <summary>Forgets a version whose collection is dropped.</summary>
    public Task RemoveAsync(int version, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql("delete from index_versions where id = $1 and state = 'retired'", version).RunAsync(token), cancellationToken);

    private Task<T> WriteAsync<T>(IndexVersion version, Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        database.TransactionAsync(
            async (connection, token) =>
            {
                // Shared: whoever takes over waits for this transaction, or this one for him and then finds his number.
                var isMine = await connection.Sql(
                        "select true from index_projectors p join index_versions v on v.provider = p.provider where v.id = $1 and p.epoch = $2 for share of p", version.Id, version.Epoch)
                    .ScalarAsync<bool>(token);
                return isMine ? await work(connection, token) : throw new ProjectorReplacedException();
            },
            cancellationToken);

    private static Task<int> InsertAsync(NpgsqlConnection connection, ProjectionBatch batch, List<ProjectedDocument> documents, CancellationToken cancellationToken) =>
        connection.Sql(
                """
                insert into index_documents (version_id, collection_id, document_id, generation, chunks, vectors, total_length, analyzer, terms)
                select $1, $2, * from unnest($3::uuid[], $4::bigint[], $5::int[], $6::int[], $7::bigint[], $8::text[], $9::bytea[])
                """,
                batch.Version.Id,
                batch.Collection.Value,
                documents.Select(static d => d.Document.Value).ToArray(),
                documents.Select(static d => d.Generation!.Value).ToArray(),
                documents.Select(static d => d.Chunks).ToArray(),
                documents.Select(static d => d.Vectors).ToArray(),
                documents.Select(static d => d.TotalLength).ToArray(),
                documents.Select(static d => d.Analyzer).ToArray(),
                documents.Select(static d => d.PackedHolders()).ToArray())
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

    // Weights are made with the mean length that there was. When it is another by a fifth, all of them are made anew, while search goes on.
    private static async Task ReweighAsync(NpgsqlConnection connection, IndexVersion version, CollectionId collection, CancellationToken cancellationToken)
    {
        var reweighed = await connection.Sql(
                """
                update index_collections set comparing = true, average_length = total_length::float8 / chunks
                where version_id = $1 and collection_id = $2 and not comparing and chunks > 0 and total_length > 0
                  and total_length::float8 / chunks not between average_length / 1.2 and average_length * 1.2
                """,
                version.Id,
                collection.Value)
            .RunAsync(cancellationToken);
        if (reweighed > 0)
        {
            await connection.Sql("update index_documents set generation = 0 where version_id = $1 and collection_id = $2", version.Id, collection.Value)
                .RunAsync(cancellationToken);
        }
    }

    private static async Task<int> MarkReadyAsync(NpgsqlConnection connection, CollectionId collection, List<ProjectedDocument> documents, CancellationToken cancellationToken)
    {
        var ready = await connection.Sql(
                """
                update documents d set status = 'ready', stage = null, progress = 100, ready_at = now(), updated = now()
                from unnest($1::uuid[], $2::bigint[]) as p(id, generation)
                where d.id = p.id and d.active_generation = p.generation and d.status = 'processing' and d.stage = $3
                returning d.id, d.name
                """,
                documents.Select(static d => d.Document.Value).ToArray(),
                documents.Select(static d => d.Generation!.Value).ToArray(),
                JobQueue.IndexStage)
            .ListAsync(r => (Collection: collection, Id: new DocumentId(r.GetGuid(0)), Name: r.GetString(1)), cancellationToken);
        return await TellReadyAsync(connection, ready, cancellationToken);
    }

    private static async Task<int> ReleaseAsync(NpgsqlConnection connection, IndexVersion version, CancellationToken cancellationToken)
    {
        var ready = await connection.Sql(
                """
                update documents d set status = 'ready', stage = null, progress = 100, ready_at = now(), updated = now()
                from index_documents i
                where i.version_id = $1 and i.document_id = d.id and i.generation = d.active_generation and d.status = 'processing' and d.stage = $2
                returning d.collection_id, d.id, d.name
                """,
                version.Id,
                JobQueue.IndexStage)
            .ListAsync(static r => (Collection: new CollectionId(r.GetGuid(0)), Id: new DocumentId(r.GetGuid(1)), Name: r.GetString(2)), cancellationToken);
        return await TellReadyAsync(connection, ready, cancellationToken);
    }

    private static async Task<int> TellReadyAsync(
        NpgsqlConnection connection, List<(CollectionId Collection, DocumentId Id, string Name)> ready, CancellationToken cancellationToken)
    {
        if (ready.Count == 0)
        {
            return 0;
        }

        await using var events = connection.CreateBatch();
        foreach (var (collection, id, name) in ready.OrderBy(static document => document.Collection.Value))
        {
            DocumentEvents.Append(events, new EventToAppend(collection, id, name, "ready", Progress: 100));
        }

        await events.ExecuteNonQueryAsync(cancellationToken);
        return ready.Count;
    }
}

/// <summary>Another projector has taken over.</summary>
internal sealed class ProjectorReplacedException : Exception
{
    public ProjectorReplacedException()
        : base("Another process writes the index now.")
    {
    }
}
