using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Npgsql;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

/// <summary>
/// Compares the rows of originals with what the store holds: all of them by length, some at a time, and a few by their content. What is
/// wrong is noted in the row, where documents tell it, and taken away again when the content is back. Runs within a sweep, never beside one.
/// </summary>
public sealed partial class OriginalComparison(Database database, IBlobStore blobs, DriftTelemetry telemetry, ILogger<OriginalComparison> logger)
{
    private const int MeasuredAtOnce = 1000;
    private const int LookedAtAgain = 100;
    private const int HashedAtOnce = 100;
    private const int HashedAgain = 5;

    // With a sweep every five minutes 18 GiB a day: nobody notices the reading.
    private const long HashedBytesAtOnce = 64L * 1024 * 1024;

    private const string Missing = "missing";
    private const string Damaged = "damaged";
    private const string Rows =
        "select b.collection_id, b.sha256, b.size_bytes, b.fault from blobs b join collections c on c.id = b.collection_id and c.name is not null";

    private static readonly Walk ByLength = new("blob-lengths");
    private static readonly Walk ByContent = new("blob-contents");

    /// <summary>Looks at the next originals. Returns how many were found missing, damaged, or back again.</summary>
    /// <exception cref="RagException"><c>blobs-away</c>: the store as a whole is not there; nothing is said of any original then.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var found = new Findings();
        try
        {
            await MeasureAsync(found, cancellationToken);
            await HashAsync(found, cancellationToken);
        }
        finally
        {
            Report(found);
        }

        return found.Missing + found.Damaged + found.Back;
    }

    /// <summary>How many originals are known to be missing and damaged now.</summary>
    public async Task<OriginalFaults> CountAsync(CancellationToken cancellationToken) => (await database.ReadAsync(
        (connection, token) => connection.Sql("select count(*) filter (where fault = 'missing'), count(*) filter (where fault = 'damaged') from blobs where fault is not null")
            .FirstAsync(static row => new OriginalFaults(row.GetInt64(0), row.GetInt64(1)), token),
        cancellationToken))!;

    private async Task MeasureAsync(Findings found, CancellationToken cancellationToken)
    {
        var (page, next) = await NextAsync(ByLength, MeasuredAtOnce, cancellationToken);
        // Those that are known first: whoever put a folder back need not wait for the next round.
        List<Row> rows = [.. (await FaultyAsync("b.fault is not null", LookedAtAgain, cancellationToken)).Concat(page).DistinctBy(static row => row.Key)];
        // Before they are looked at: what cannot be must not keep those behind it from their turn for ever.
        await database.ReadAsync((connection, token) => ByLength.SaveAsync(connection, next, token), cancellationToken);
        var (measured, held) = await LengthsAsync(rows, cancellationToken);
        if (measured.Count > 0 && held.All(static length => length is null) && !await blobs.ListAsync(cancellationToken).AnyAsync(cancellationToken))
        {
            throw new RagException(
                StoreFault.Away,
                "The store of originals is empty, although the database names originals in it. Check that Rag:Blobs:Provider and Path, or S3:Bucket and Prefix, are what they were, and that a folder is mounted.",
                isTransient: true);
        }

        foreach (var (row, length) in measured.Zip(held))
        {
            // Whether content of the right length is the right content, only its hash tells.
            if (Judge(row, length) is var fault && fault != row.Fault && !(fault is null && row.Fault == Damaged))
            {
                await NoteAsync(row, async (size, token) => Judge(row with { Size = size }, (await blobs.MeasureAsync([row.Name], token))[0]), found, cancellationToken);
            }
        }
    }

    /// <summary>Lengths of those that can be looked at: a folder that may not be read says nothing of the others.</summary>
    /// <exception cref="RagException"><c>blobs-away</c>: none of them can.</exception>
    private async Task<(List<Row> Rows, IReadOnlyList<long?> Lengths)> LengthsAsync(List<Row> rows, CancellationToken cancellationToken)
    {
        try
        {
            return (rows, await blobs.MeasureAsync(rows.ConvertAll(static row => row.Name), cancellationToken));
        }
        catch (RagException e) when (e.Code == StoreFault.Away && rows.Count > 1)
        {
            // Each of a thousand would take its time-out.
            if (await blobs.CheckAsync(cancellationToken) is not null)
            {
                throw;
            }

            var measured = new List<Row>();
            var lengths = new List<long?>();
            foreach (var row in rows)
            {
                try
                {
                    lengths.AddRange(await blobs.MeasureAsync([row.Name], cancellationToken));
                    measured.Add(row);
                }
                catch (RagException one) when (one.Code == StoreFault.Away)
                {
                    // Its turn comes again.
                }
            }

            return measured.Count > 0 ? (measured, lengths) : throw new RagException(e.Code, e.Message, e.IsTransient, e);
        }
    }

    private async Task HashAsync(Findings found, CancellationToken cancellationToken)
    {
        var (page, next) = await NextAsync(ByContent, HashedAtOnce, cancellationToken);
        var budget = HashedBytesAtOnce;
        foreach (var row in await FaultyAsync("b.fault = 'damaged'", HashedAgain, cancellationToken))
        {
            budget -= row.Size;
            await CheckAsync(row, found, cancellationToken);
        }

        if (page.Count == 0)
        {
            await database.ReadAsync((connection, token) => ByContent.SaveAsync(connection, null, token), cancellationToken);
        }

        for (var i = 0; i < page.Count; i++)
        {
            var row = page[i];
            // Before it is read: one that cannot be read must not keep those behind it from their turn for ever.
            var position = i == page.Count - 1 ? next : new WalkPosition(row.Name.Collection.Value, row.Name.Sha256.ToArray());
            await database.ReadAsync((connection, token) => ByContent.SaveAsync(connection, position, token), cancellationToken);
            await CheckAsync(row, found, cancellationToken);
            budget -= row.Size;
            if (budget <= 0)
            {
                return;
            }
        }
    }

    private async Task CheckAsync(Row row, Findings found, CancellationToken cancellationToken)
    {
        // What is missing was found by its length, or is found so in its turn.
        if (row.Fault != Missing && await ContentAsync(row, cancellationToken) is var fault && fault != row.Fault)
        {
            await NoteAsync(row, (_, token) => ContentAsync(row, token), found, cancellationToken);
        }
    }

    private async Task<string?> ContentAsync(Row row, CancellationToken cancellationToken)
    {
        try
        {
            await using var content = await blobs.OpenAsync(row.Name.Collection, row.Name.Sha256, cancellationToken);
            return content is null ? Missing : (await SHA256.HashDataAsync(content, cancellationToken)).AsSpan().SequenceEqual(row.Name.Sha256.Span) ? null : Damaged;
        }
        catch (RagException e) when (e.Code == OriginalFault.DamagedCode)
        {
            return Damaged;
        }
    }

    /// <summary>
    /// Looks once more under the lock of the row, which a submission of the same content and the removal of it take too: what one of them is
    /// doing in this moment is not taken for a loss. A row that is locked now is left for its next turn.
    /// </summary>
    private async Task NoteAsync(Row row, Func<long, CancellationToken, Task<string?>> judge, Findings found, CancellationToken cancellationToken)
    {
        var noted = await database.TransactionAsync(
            async (connection, token) =>
            {
                var current = await connection.Sql(
                        $"{Rows} where b.collection_id = $1 and b.sha256 = $2 for no key update of b skip locked", row.Name.Collection.Value, row.Name.Sha256.ToArray())
                    .FirstAsync(Map, token);
                if (current is null)
                {
                    return null;
                }

                var fault = await judge(current.Size, token);
                if (fault == current.Fault)
                {
                    return null;
                }

                await connection.Sql(
                        "update blobs set fault = $3::text, fault_found = case when $3::text is null then null else now() end where collection_id = $1 and sha256 = $2",
                        row.Name.Collection.Value,
                        row.Name.Sha256.ToArray(),
                        fault)
                    .RunAsync(token);
                return fault ?? "";
            },
            cancellationToken);
        if (noted is not null)
        {
            found.Add(noted, row.Name);
        }
    }

    private async Task<(List<Row> Page, WalkPosition? Next)> NextAsync(Walk walk, int limit, CancellationToken cancellationToken)
    {
        var page = await database.ReadAsync(
            async (connection, token) =>
            {
                var last = await walk.ReadAsync(connection, token);
                return await connection.Sql(
                        $"{Rows} where (b.collection_id, b.sha256) > ($1, $2) order by b.collection_id, b.sha256 limit $3", last.Id, last.Hash, limit)
                    .ListAsync(Map, token);
            },
            cancellationToken);
        return (page, page.Count < limit ? null : new WalkPosition(page[^1].Name.Collection.Value, page[^1].Name.Sha256.ToArray()));
    }

    private Task<List<Row>> FaultyAsync(string which, int limit, CancellationToken cancellationToken) => database.ReadAsync(
        (connection, token) => connection.Sql($"{Rows} where {which} order by random() limit $1", limit).ListAsync(Map, token), cancellationToken);

    private static string? Judge(Row row, long? held) => held is null ? Missing : held == row.Size ? null : Damaged;

    private static Row Map(NpgsqlDataReader row) =>
        new(new BlobName(new CollectionId(row.GetGuid(0)), row.GetFieldValue<byte[]>(1)), row.GetInt64(2), row.Nullable<string>(3));

    private void Report(Findings found)
    {
        telemetry.Blobs(Missing, found.Missing);
        telemetry.Blobs(Damaged, found.Damaged);
        if (found.First is { } first)
        {
            LogFaults(logger, found.Missing, found.Damaged, first.Collection, Convert.ToHexStringLower(first.Sha256.Span));
        }

        if (found.Back > 0)
        {
            LogBack(logger, found.Back);
        }
    }

    [LoggerMessage(2110, LogLevel.Warning,
        "{Missing} originals are missing from the store and {Damaged} are damaged in it, {Sha256} of collection {Collection} among them. Their documents stay searchable and say so; sending the same file again puts an original back.")]
    private static partial void LogFaults(ILogger logger, int missing, int damaged, CollectionId collection, string sha256);

    [LoggerMessage(2111, LogLevel.Information, "{Count} originals that were missing or damaged are in the store again.")]
    private static partial void LogBack(ILogger logger, int count);

    private sealed record Row(BlobName Name, long Size, string? Fault)
    {
        public (Guid Collection, string Sha256) Key => (Name.Collection.Value, Convert.ToHexStringLower(Name.Sha256.Span));
    }

    private sealed class Findings
    {
        public int Missing { get; private set; }

        public int Damaged { get; private set; }

        public int Back { get; private set; }

        public BlobName? First { get; private set; }

        public void Add(string fault, BlobName name)
        {
            if (fault.Length == 0)
            {
                Back++;
                return;
            }

            First ??= name;
            if (fault == OriginalComparison.Missing)
            {
                Missing++;
            }
            else
            {
                Damaged++;
            }
        }
    }
}

/// <summary>Originals of which something is known to be wrong.</summary>
/// <param name="Missing">The store does not have them.</param>
/// <param name="Damaged">The store has something else.</param>
public sealed record OriginalFaults(long Missing, long Damaged);
