using System.Globalization;
using Npgsql;
using Rag.Core.Blobs;
using Rag.Core.Storage;

namespace Rag.Core.Documents;

public sealed partial class DocumentService
{
    /// <summary>One document.</summary>
    /// <exception cref="RagException"><c>document-not-found</c>.</exception>
    public async Task<Document> GetAsync(CollectionId collection, DocumentId id, CancellationToken cancellationToken) =>
        await FindAsync(collection, id, cancellationToken) ?? throw NotFound(id);

    /// <summary>One document; null when there is none.</summary>
    public Task<Document?> FindAsync(CollectionId collection, DocumentId id, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql($"select {DocumentRows.Columns} from documents d where id = $1 and collection_id = $2", id.Value, collection.Value)
            .FirstAsync(DocumentRows.Map, token),
        cancellationToken);

    /// <summary>The document of a source id; null when there is none.</summary>
    public Task<Document?> FindAsync(CollectionId collection, string sourceId, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                $"select {DocumentRows.Columns} from documents d where collection_id = $1 and source_id = $2", collection.Value, sourceId)
            .FirstAsync(DocumentRows.Map, token),
        cancellationToken);

    /// <summary>A page of documents, newest first.</summary>
    /// <exception cref="RagException"><c>invalid-cursor</c>, <c>invalid-request</c>.</exception>
    public async Task<Page<Document>> ListAsync(CollectionId collection, DocumentQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        var from = Cursor.Parse(query.Cursor);
        var limit = Cursor.Limit(query.Limit);
        var rows = await database.ReadAsync(
            (connection, token) => connection.Sql(
                    $"""
                    select {DocumentRows.Columns} from documents d
                    where collection_id = $1
                      and ($2::text is null or d.status = $2::text)
                      and ($3::text is null or d.name ilike $3::text or d.title ilike $3::text)
                      and ($4::timestamptz is null or (d.created, d.id) < ($4::timestamptz, $5::uuid))
                    order by d.created desc, d.id desc limit $6
                    """,
                    collection.Value,
                    query.Status is { } status ? DocumentRows.Name(status) : null,
                    string.IsNullOrWhiteSpace(query.Text) ? null : Pattern(query.Text),
                    from?.Created,
                    from?.Id,
                    limit + 1)
                .ListAsync(DocumentRows.Map, token),
            cancellationToken);
        return Cursor.Page(rows, limit, last => new Cursor(last.Created, last.Id.Value).ToString());
    }

    /// <summary>Opens the newest original.</summary>
    /// <exception cref="RagException"><c>document-not-found</c>, <c>no-original</c>, <c>original-damaged</c>.</exception>
    public async Task<OriginalContent> OpenOriginalAsync(CollectionId collection, DocumentId id, CancellationToken cancellationToken)
    {
        var document = await GetAsync(collection, id, cancellationToken);
        await RequireOriginalAsync(document, cancellationToken);
        // It may have gone in this moment.
        return new OriginalContent(document, await blobs.OpenAsync(collection, document.Sha256, cancellationToken) ?? throw OriginalFault.Missing());
    }

    /// <summary>Refuses a document whose original is known to be of no use, or shows so at a glance. Its content is not read.</summary>
    private async Task RequireOriginalAsync(Document document, CancellationToken cancellationToken)
    {
        var held = (await blobs.MeasureAsync([new BlobName(document.Collection, document.Sha256)], cancellationToken))[0] ?? throw OriginalFault.Missing();
        if (held != document.SizeBytes || document.Original == OriginalState.Damaged)
        {
            throw OriginalFault.Damaged();
        }
    }

    /// <summary>Chunks of the active generation by ordinal, with <paramref name="at"/> only those that hold that offset; none when there is no active generation.</summary>
    /// <exception cref="RagException"><c>document-not-found</c>, <c>invalid-cursor</c>, <c>invalid-request</c>.</exception>
    public async Task<Page<StoredChunk>> ListChunksAsync(
        CollectionId collection, DocumentId id, int limit, string? cursor, int? at, CancellationToken cancellationToken)
    {
        Cursor.Limit(limit);
        var after = -1;
        if (!string.IsNullOrEmpty(cursor) && !int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            throw new RagException("invalid-cursor", "The cursor is not one of this list. Pass 'nextCursor' of the page before as it is, or leave it out to begin anew.");
        }

        var document = await GetAsync(collection, id, cancellationToken);
        var rows = await database.ReadAsync(
            (connection, token) => connection.Sql(
                    """
                    select id, ordinal, start_offset, end_offset, text, headings, page, kind, token_count
                    from chunks where document_id = $1 and generation = $2::bigint and ordinal > $3
                      and ($5::int is null or ($5::int >= start_offset and $5::int < end_offset))
                    order by ordinal limit $4
                    """,
                    id.Value,
                    document.ActiveGeneration,
                    after,
                    limit + 1,
                    at)
                .ListAsync(MapChunk, token),
            cancellationToken);
        return Cursor.Page(rows, limit, last => last.Ordinal.ToString(CultureInfo.InvariantCulture));
    }

    private static StoredChunk MapChunk(NpgsqlDataReader row) => new(
        new ChunkId(row.GetGuid(0)),
        row.GetInt32(1),
        row.GetInt32(2),
        row.GetInt32(3),
        row.GetString(4),
        row.GetFieldValue<string[]>(5),
        row.NullableValue<int>(6),
        row.GetString(7),
        row.GetInt32(8));

    private static string Pattern(string text)
    {
        var escaped = StorableText.Clean(text).Trim()
            .Replace(@"\", @"\\", StringComparison.Ordinal)
            .Replace("%", @"\%", StringComparison.Ordinal)
            .Replace("_", @"\_", StringComparison.Ordinal);
        return $"%{escaped}%";
    }
}

/// <summary>Which documents to list.</summary>
public sealed record DocumentQuery
{
    /// <summary>Null: every status.</summary>
    public DocumentStatus? Status { get; init; }

    /// <summary>Part of name or title, upper and lower case alike; null: every document.</summary>
    public string? Text { get; init; }

    /// <summary>1 to 200.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>From the page before.</summary>
    public string? Cursor { get; init; }
}

/// <summary>An original, open for reading from its start, seekable.</summary>
/// <param name="Document">Whose it is.</param>
/// <param name="Content">Disposed with this.</param>
public sealed record OriginalContent(Document Document, Stream Content) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <summary>A chunk as stored; see <see cref="Chunking.Chunk"/>.</summary>
public sealed record StoredChunk(
    ChunkId Id,
    int Ordinal,
    int Start,
    int End,
    string Text,
    IReadOnlyList<string> Headings,
    int? Page,
    string Kind,
    int Tokens);
