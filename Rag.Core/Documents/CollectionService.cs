using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Npgsql;
using Rag.Core.Chunking;
using Rag.Core.Retrieval;
using Rag.Core.Storage;

namespace Rag.Core.Documents;

/// <summary>Makes, finds, changes and removes collections. Thread-safe.</summary>
public sealed partial class CollectionService(Database database, StorageSignals signals)
{
    private const string Columns = "c.id, c.name, c.description, c.settings::text, c.created, c.updated";

    private static readonly JsonSerializerOptions SettingsJson = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Makes an empty collection.</summary>
    /// <exception cref="RagException"><c>invalid-name</c>, <c>collection-exists</c>, <c>invalid-request</c>.</exception>
    public async Task<Collection> CreateAsync(NewCollection request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        CheckName(request.Name);
        CheckChunking(request.Settings.Chunking);
        var id = CollectionId.New();
        try
        {
            return await database.TransactionAsync(
                async (connection, token) =>
                {
                    var collection = await connection.Sql(
                            $"insert into collections as c (id, name, description, settings) values ($1, $2, $3, $4) returning {Columns}",
                            id.Value,
                            request.Name,
                            StorableText.Clean(request.Description),
                            new Json(JsonSerializer.Serialize(request.Settings, SettingsJson)))
                        .FirstAsync(Map, token);
                    await connection.Sql("insert into collection_sequences (collection_id) values ($1)", id.Value).RunAsync(token);
                    return collection!;
                },
                cancellationToken);
        }
        catch (StorageException e) when (IsUniqueViolation(e))
        {
            throw Exists(request.Name);
        }
    }

    /// <summary>The collection of that name.</summary>
    /// <exception cref="RagException"><c>collection-not-found</c>.</exception>
    public async Task<Collection> GetAsync(string name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken)
        ?? throw new RagException("collection-not-found", $"There is no collection '{StorableText.ForMessage(name)}'. GET /v1/collections lists those there are.");

    /// <summary>The collection of that name; null when there is none.</summary>
    public async Task<Collection?> FindAsync(string name, CancellationToken cancellationToken) => name is null || !NamePattern().IsMatch(name)
        ? null
        : await database.ReadAsync(
            (connection, token) => connection.Sql($"select {Columns} from collections c where name = $1", name).FirstAsync(Map, token), cancellationToken);

    /// <summary>The collection of that id; null when there is none.</summary>
    public Task<Collection?> FindAsync(CollectionId id, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql($"select {Columns} from collections c where id = $1 and name is not null", id.Value).FirstAsync(Map, token), cancellationToken);

    /// <summary>One collection with its counts.</summary>
    /// <exception cref="RagException"><c>collection-not-found</c>.</exception>
    public async Task<CollectionOverview> DescribeAsync(Collection collection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(collection);
        return (await database.ReadAsync((connection, token) => DescribeAsync(connection, [collection], token), cancellationToken))[0];
    }

    /// <summary>A page of collections with their counts, newest first.</summary>
    /// <param name="only">The collections that the caller may see; null: every one.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cursor">From the page before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="RagException"><c>invalid-cursor</c>, <c>invalid-request</c>.</exception>
    public async Task<Page<CollectionOverview>> ListAsync(
        IReadOnlyCollection<CollectionId>? only, int limit, string? cursor, CancellationToken cancellationToken)
    {
        var from = Cursor.Parse(cursor);
        Cursor.Limit(limit);
        return await database.ReadAsync(
            async (connection, token) =>
            {
                var rows = await connection.Sql(
                        $"""
                        select {Columns} from collections c
                        where c.name is not null and ($1::uuid[] is null or c.id = any($1::uuid[]))
                          and ($2::timestamptz is null or (c.created, c.id) < ($2::timestamptz, $3::uuid))
                        order by c.created desc, c.id desc limit $4
                        """,
                        only?.Select(id => id.Value).ToArray(),
                        from?.Created,
                        from?.Id,
                        limit + 1)
                    .ListAsync(Map, token);
                var page = Cursor.Page(rows, limit, last => new Cursor(last.Created, last.Id.Value).ToString());
                return new Page<CollectionOverview>(await DescribeAsync(connection, page.Items, token), page.NextCursor);
            },
            cancellationToken);
    }

    /// <summary>Changes what is given and leaves the rest.</summary>
    /// <exception cref="RagException"><c>collection-not-found</c>, <c>collection-exists</c>, <c>invalid-name</c>, <c>invalid-request</c>.</exception>
    public async Task<Collection> UpdateAsync(CollectionId id, CollectionPatch patch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(patch);
        if (patch.Name is not null)
        {
            CheckName(patch.Name);
        }

        if (patch.Chunking is not null)
        {
            CheckChunking(patch.Chunking);
        }

        try
        {
            return await database.TransactionAsync(
                async (connection, token) =>
                {
                    var current = await connection.Sql($"select {Columns} from collections c where id = $1 and name is not null for no key update", id.Value).FirstAsync(Map, token)
                        ?? throw NotFound();
                    var settings = current.Settings with
                    {
                        Chunking = patch.Chunking ?? current.Settings.Chunking,
                        Retrieval = patch.Retrieval ?? current.Settings.Retrieval,
                    };
                    return (await connection.Sql(
                            $"update collections c set name = $2, description = $3, settings = $4, updated = now() where id = $1 returning {Columns}",
                            id.Value,
                            patch.Name ?? current.Name,
                            StorableText.Clean(patch.Description ?? current.Description),
                            new Json(JsonSerializer.Serialize(settings, SettingsJson)))
                        .FirstAsync(Map, token))!;
                },
                cancellationToken);
        }
        catch (StorageException e) when (IsUniqueViolation(e))
        {
            throw Exists(patch.Name!);
        }
    }

    /// <summary>
    /// Removes the collection: its name is free and nothing of it is found from then on. Documents, chunks and originals, of which there
    /// may be very many, follow in the background. False when it was gone already.
    /// </summary>
    public async Task<bool> DeleteAsync(CollectionId id, CancellationToken cancellationToken)
    {
        var deleted = await database.TransactionAsync(
            async (connection, token) =>
            {
                // A name is part of a key: changing it waits for the submissions that hold the row, and later ones see that it is gone.
                var rows = await connection.Sql("update collections set name = null, updated = now() where id = $1 and name is not null", id.Value).RunAsync(token);
                // Indexes and event streams know by this row that there is nothing to follow any more.
                await connection.Sql("delete from collection_sequences where collection_id = $1", id.Value).RunAsync(token);
                return rows == 1;
            },
            cancellationToken);
        if (deleted)
        {
            signals.Signal(StorageChannels.DocumentEvents, id.ToString());
            signals.Signal(StorageChannels.IndexChanges, id.ToString());
            signals.Signal(StorageChannels.Removals, id.ToString());
        }

        return deleted;
    }

    internal static CollectionSettings ReadSettings(string json) => JsonSerializer.Deserialize<CollectionSettings>(json, SettingsJson)!;

    private static async Task<List<CollectionOverview>> DescribeAsync(
        NpgsqlConnection connection, IReadOnlyList<Collection> collections, CancellationToken cancellationToken)
    {
        var counts = await connection.Sql(
                """
                select collection_id, status, count(*), coalesce(sum(chunk_count), 0)::bigint, coalesce(sum(size_bytes), 0)::bigint
                from documents where collection_id = any($1) group by collection_id, status
                """,
                collections.Select(collection => collection.Id.Value).ToArray())
            .ListAsync(
                row => (Id: row.GetGuid(0), Status: row.GetString(1), Documents: row.GetInt64(2), Chunks: row.GetInt64(3), Bytes: row.GetInt64(4)),
                cancellationToken);
        var byCollection = counts.ToLookup(row => row.Id);
        return collections
            .Select(collection =>
            {
                var rows = byCollection[collection.Id.Value].ToList();
                long Of(string status) => rows.Where(row => row.Status == status).Sum(row => row.Documents);
                return new CollectionOverview(
                    collection,
                    new DocumentCounts(rows.Sum(row => row.Documents), Of("queued"), Of("processing"), Of("ready"), Of("failed")),
                    rows.Sum(row => row.Chunks),
                    rows.Sum(row => row.Bytes));
            })
            .ToList();
    }

    private static Collection Map(NpgsqlDataReader row) => new()
    {
        Id = new CollectionId(row.GetGuid(0)),
        Name = row.GetString(1),
        Description = row.GetString(2),
        Settings = ReadSettings(row.GetString(3)),
        Created = row.GetFieldValue<DateTimeOffset>(4),
        Updated = row.GetFieldValue<DateTimeOffset>(5),
    };

    private static void CheckName(string name)
    {
        if (name is null || !NamePattern().IsMatch(name))
        {
            throw new RagException(
                "invalid-name",
                $"'{StorableText.ForMessage(name)}' is no name for a collection: use 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit.");
        }
    }

    private static void CheckChunking(ChunkingSettings chunking)
    {
        if (chunking.TargetTokens is < 50 or > 2000 || chunking.MaxTokens is < 50 or > 8000 || chunking.MaxTokens < chunking.TargetTokens)
        {
            throw new RagException(
                "invalid-request", "'chunking' needs targetTokens from 50 to 2000 and maxTokens from targetTokens to 8000.");
        }

        if (chunking.OverlapTokens < 0 || chunking.OverlapTokens * 100L > chunking.TargetTokens * 15L)
        {
            throw new RagException("invalid-request", "'chunking.overlapTokens' must be between 0 and 15 % of targetTokens.");
        }
    }

    private static bool IsUniqueViolation(StorageException e) => e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    private static RagException Exists(string name) => new("collection-exists", $"There is a collection '{name}' already. Choose another name.");

    private static RagException NotFound() => new("collection-not-found", "The collection is not there any more. GET /v1/collections lists those there are.");

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z", RegexOptions.None, 1000)]
    private static partial Regex NamePattern();
}

/// <summary>A collection to make.</summary>
/// <param name="Name"><c>^[a-z0-9][a-z0-9-]{0,62}$</c>.</param>
/// <param name="Description">For people.</param>
/// <param name="Settings">How its documents are cut, analysed and searched.</param>
public sealed record NewCollection(string Name, string Description, CollectionSettings Settings);

/// <summary>Changes to a collection; null leaves as it is.</summary>
public sealed record CollectionPatch
{
    /// <summary>The new name.</summary>
    public string? Name { get; init; }

    /// <summary>For people.</summary>
    public string? Description { get; init; }

    /// <summary>For documents processed from now on.</summary>
    public ChunkingSettings? Chunking { get; init; }

    /// <summary>For searches from now on.</summary>
    public RetrievalSettings? Retrieval { get; init; }
}

/// <summary>A collection and what is in it.</summary>
/// <param name="Collection">The collection.</param>
/// <param name="Documents">How many, by status.</param>
/// <param name="Chunks">Those that are searched.</param>
/// <param name="SizeBytes">Sum of the newest originals.</param>
public sealed record CollectionOverview(Collection Collection, DocumentCounts Documents, long Chunks, long SizeBytes);

/// <summary>Numbers of documents.</summary>
public sealed record DocumentCounts(long Total, long Queued, long Processing, long Ready, long Failed);
