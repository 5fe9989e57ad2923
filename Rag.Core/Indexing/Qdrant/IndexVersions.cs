using Rag.Core.Documents;
using Rag.Core.Embedding;
using Rag.Core.Storage;

namespace Rag.Core.Indexing.Qdrant;

/// <summary>Which versions of the index there are, who writes them, and which of them is searched.</summary>
internal sealed class IndexVersions(Database database, ProjectionFence fence)
{
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
    public Task<List<IndexVersion>> ListAsync(string provider, long epoch, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select v.id, v.name, v.space_id, s.dimensions, v.state = 'active', v.made, v.filled, v.failing
                from index_versions v left join embedding_spaces s on s.id = v.space_id
                where v.provider = $1 and v.state <> 'retired'
                order by v.state
                """,
                provider)
            .ListAsync(
                r => new IndexVersion(r.GetInt32(0), r.GetString(1), r.NullableValue<int>(2), r.NullableValue<int>(3), r.GetBoolean(4), epoch)
                {
                    IsMade = r.GetBoolean(5),
                    IsFilled = r.GetBoolean(6),
                    IsFailing = r.GetBoolean(7),
                },
                token),
        cancellationToken);

    /// <summary>
    /// Begins a version; the first one is searched at once. One that is being built already stays, unless it is of another embedding space:
    /// then it would be outdated before it is searched, and the new one takes its place. Nothing is begun while the searched one, of the
    /// same space, is itself being filled for the first time and that goes well: a new one is what helps where it does not.
    /// </summary>
    /// <returns>Whether that is so, or one is being built, or one was begun to be built.</returns>
    public Task<RebuildStart> CreateAsync(string provider, string prefix, EmbeddingSpace? space, CancellationToken cancellationToken) => database.TransactionAsync(
        async (connection, token) =>
        {
            int? spaceId = space is null ? null : await GenerationWriter.SpaceIdAsync(connection, space, token);
            await connection.Sql(
                    "update index_versions set state = 'retired', retired = now() where provider = $1 and state = 'building' and space_id is distinct from $2::int", provider, spaceId)
                .RunAsync(token);
            // The number tells people which is newer. The rest keeps the name from meeting that of another database in the same Qdrant.
            var begun = await connection.Sql(
                    """
                    insert into index_versions (provider, name, space_id, state, activated, made)
                    select $1, $2 || '-' || nextval('index_version_numbers') || '-' || left(replace(gen_random_uuid()::text, '-', ''), 12), $3::int,
                        case when a.active then 'building' else 'active' end, case when a.active then null else now() end, false
                    from (select exists (select 1 from index_versions where provider = $1 and state = 'active') as active) a
                    where not exists (
                        select 1 from index_versions v cross join collection_sequences s
                        left join index_collections i on i.version_id = v.id and i.collection_id = s.collection_id
                        where v.provider = $1 and v.state = 'active' and v.space_id is not distinct from $3::int and not v.filled and not v.failing
                            and (i.collection_id is null or not i.loaded))
                    on conflict do nothing
                    returning state
                    """,
                    provider,
                    prefix,
                    spaceId)
                .ScalarAsync<string>(token);
            return begun switch
            {
                "building" => RebuildStart.Begun,
                null when await connection.Sql("select exists (select from index_versions where provider = $1 and state = 'building')", provider).ScalarAsync<bool>(token) =>
                    RebuildStart.Running,
                _ => RebuildStart.Filling,
            };
        },
        cancellationToken);

    /// <summary>Notes whether something cannot be written in the version.</summary>
    public Task FailingAsync(IndexVersion version, bool isFailing, CancellationToken cancellationToken) => fence.RunAsync(
        version, (connection, token) => connection.Sql("update index_versions set failing = $2 where id = $1", version.Id, isFailing).RunAsync(token), cancellationToken);

    /// <summary>Notes that the collection of that name is this version's own.</summary>
    public Task MadeAsync(IndexVersion version, CancellationToken cancellationToken) => fence.RunAsync(
        version, (connection, token) => connection.Sql("update index_versions set made = true where id = $1", version.Id).RunAsync(token), cancellationToken);

    /// <summary>
    /// Makes the version that was built the searched one, if nothing is missing in it that the searched one has; the one before is retired.
    /// Not measured against the newest change: while somebody writes all the time, that one is never reached. What waited for the index and
    /// is in the new one is ready: the old one may never come to it.
    /// </summary>
    /// <returns>Collections of which documents became ready; null: something is missing, or another version took its place.</returns>
    public Task<IReadOnlyList<CollectionId>?> ActivateAsync(IndexVersion version, CancellationToken cancellationToken) => fence.RunAsync<IReadOnlyList<CollectionId>?>(
        version,
        async (connection, token) =>
        {
            var isBehind = await connection.Sql(
                    """
                    select not exists (select 1 from index_versions where id = $1 and state = 'building' for update)
                        or exists (
                        select 1 from collection_sequences s
                        left join index_collections i on i.version_id = $1 and i.collection_id = s.collection_id
                        left join (
                            select c.collection_id, c.watermark from index_collections c join index_versions v on v.id = c.version_id
                            where v.state = 'active' and v.provider = (select provider from index_versions where id = $1)) searched on searched.collection_id = s.collection_id
                        where i.collection_id is null or not i.loaded or i.watermark < searched.watermark)
                    """,
                    version.Id)
                .ScalarAsync<bool>(token);
            if (isBehind)
            {
                return null;
            }

            await using var batch = connection.CreateBatch();
            batch.Then("update index_versions set state = 'retired', retired = now() where provider = (select provider from index_versions where id = $1) and state = 'active'", version.Id);
            batch.Then("update index_versions set state = 'active', activated = now(), filled = true where id = $1", version.Id);
            await batch.ExecuteNonQueryAsync(token);
            return await WaitingForIndex.SettleAsync(connection, version, null, token);
        },
        cancellationToken);

    /// <summary>Versions nobody searches any more since <paramref name="age"/>.</summary>
    public Task<List<(int Id, string Name)>> RetiredAsync(string provider, TimeSpan age, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql("select id, name from index_versions where provider = $1 and state = 'retired' and retired < now() - $2::interval", provider, age)
            .ListAsync(static r => (r.GetInt32(0), r.GetString(1)), token),
        cancellationToken);

    /// <summary>Forgets a version whose collection is dropped.</summary>
    public Task RemoveAsync(int version, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) =>
        {
            var command = connection.Sql("delete from index_versions where id = $1 and state = 'retired'", version);
            // All of its books go with it.
            command.CommandTimeout = (int)SqlExtensions.RemovalTimeout.TotalSeconds;
            return command.RunAsync(token);
        },
        cancellationToken);
}
