using System.Runtime.CompilerServices;
using Npgsql;
using Rag.Core.Storage;

namespace Rag.Core.Documents;

/// <summary>Writes and follows what happens to documents. Thread-safe.</summary>
public sealed class DocumentEvents(Database database, StorageSignals signals)
{
    private const int BatchSize = 500;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // One statement: the row lock on the counter is taken as late and held as short as it can be.
    private const string AppendSql =
        """
        with s as (
            update collection_sequences
            set event_seq = event_seq + 1, change_seq = change_seq + case when $9 then 1 else 0 end
            where collection_id = $1
            returning event_seq, change_seq),
        c as (
            insert into index_changes (collection_id, seq, document_id, generation)
            select $1, change_seq, $2, $10::bigint from s where $9)
        insert into document_events (collection_id, seq, document_id, name, status, stage, progress, problem_code, problem)
        select $1, event_seq, $2, $3, $4, $5::text, $6, $7::text, $8::text from s
        """;

    /// <summary>The number of the newest event; null when the collection is gone.</summary>
    public Task<long?> LatestAsync(CollectionId collection, CancellationToken cancellationToken) => database.ReadAsync(
        async (connection, token) => (await BoundsAsync(connection, collection, token))?.Latest, cancellationToken);

    /// <summary>
    /// Every event after <paramref name="after"/> (null: from now on) as it comes, until cancelled or the collection is gone. When
    /// events right after <paramref name="after"/> are not kept any more, one with <see cref="DocumentEvent.IsReset"/> comes first.
    /// </summary>
    /// <exception cref="StorageException">The database is away; follow again later, after the last sequence seen.</exception>
    public async IAsyncEnumerable<DocumentEvent> FollowAsync(
        CollectionId collection, long? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pulse = new Pulse();
        var payload = collection.ToString();
        using var subscription = signals.Subscribe(StorageChannels.DocumentEvents, signalled =>
        {
            if (signalled.Length == 0 || signalled == payload)
            {
                pulse.Set();
            }
        });

        var bounds = await database.ReadAsync((connection, token) => BoundsAsync(connection, collection, token), cancellationToken);
        if (bounds is not { } known)
        {
            yield break;
        }

        var last = after ?? known.Latest;
        if (last > known.Latest || (last < known.Latest && (known.Oldest is null || known.Oldest > last + 1)))
        {
            last = known.Latest;
            yield return new DocumentEvent { Collection = collection, Sequence = last, IsReset = true };
        }

        while (true)
        {
            var events = await ReadAsync(collection, last, BatchSize, cancellationToken);
            foreach (var item in events)
            {
                last = item.Sequence;
                yield return item;
            }

            if (events.Count == BatchSize)
            {
                continue;
            }

            if (events.Count == 0 && await LatestAsync(collection, cancellationToken) is null)
            {
                yield break;
            }

            await pulse.WaitAsync(PollInterval, cancellationToken);
        }
    }

    /// <summary>Events after a sequence, ascending.</summary>
    public Task<List<DocumentEvent>> ReadAsync(CollectionId collection, long after, int limit, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql(
                """
                select seq, document_id, name, status, stage, progress, problem_code, problem, at
                from document_events where collection_id = $1 and seq > $2 order by seq limit $3
                """,
                collection.Value,
                after,
                limit)
            .ListAsync(
                row => new DocumentEvent
                {
                    Collection = collection,
                    Sequence = row.GetInt64(0),
                    Document = new DocumentId(row.GetGuid(1)),
                    Name = row.GetString(2),
                    Status = row.GetString(3),
                    Stage = row.Nullable<string>(4),
                    Progress = row.GetInt32(5),
                    Problem = row.IsDBNull(6) ? null : new Problem(row.GetString(6), row.GetString(7)),
                    At = row.GetFieldValue<DateTimeOffset>(8),
                },
                token),
        cancellationToken);

    /// <summary>Adds the event, and the index change when there is one, as the last statement of a transaction: it locks the collection's counters.</summary>
    internal static NpgsqlBatch Append(NpgsqlBatch batch, EventToAppend item) => batch.Then(
        AppendSql,
        item.Collection.Value,
        item.Document.Value,
        item.Name,
        item.Status,
        item.Stage,
        item.Progress,
        item.Problem?.Code,
        item.Problem?.Message,
        item.ChangesIndex,
        item.Generation);

    private static Task<Bounds?> BoundsAsync(NpgsqlConnection connection, CollectionId collection, CancellationToken cancellationToken) => connection.Sql(
            """
            select event_seq, (select min(seq) from document_events e where e.collection_id = s.collection_id)
            from collection_sequences s where collection_id = $1
            """,
            collection.Value)
        .FirstAsync<Bounds?>(row => new Bounds(row.GetInt64(0), row.NullableValue<long>(1)), cancellationToken);

    private sealed record Bounds(long Latest, long? Oldest);
}

/// <summary>One event to write.</summary>
/// <param name="Collection">Its collection.</param>
/// <param name="Document">The document.</param>
/// <param name="Name">Its file name.</param>
/// <param name="Status">What a client sees.</param>
/// <param name="Stage">Step of the pipeline.</param>
/// <param name="Progress">0 to 100.</param>
/// <param name="Problem">Why it failed.</param>
/// <param name="ChangesIndex">Whether indexes must look at the document again.</param>
/// <param name="Generation">The generation that indexes are to hold from now on; null: none.</param>
internal sealed record EventToAppend(
    CollectionId Collection,
    DocumentId Document,
    string Name,
    string Status,
    string? Stage = null,
    int Progress = 0,
    Problem? Problem = null,
    bool ChangesIndex = false,
    long? Generation = null);
