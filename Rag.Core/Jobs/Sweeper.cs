using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rag.Core.Blobs;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

/// <summary>
/// Removes what removed collections, crashes, supersessions and time leave behind, in bounded statements, and then compares rows with each
/// other and with the store of originals. Any number of processes may have one; one of them sweeps at a time. A step that fails does not keep the others from their work.
/// </summary>
public sealed partial class Sweeper(
    Database database,
    IBlobStore blobs,
    DocumentService documents,
    OriginalComparison originals,
    DriftTelemetry telemetry,
    IOptions<JobOptions> options,
    TimeProvider clock,
    ILogger<Sweeper> logger)
{
    private const int BatchSize = 500;

    /// <summary>Sweeps once. Null when another process is sweeping.</summary>
    /// <param name="ages">What is old enough.</param>
    /// <param name="includeFiles">Whether to look at every file of the store too, which takes its time where there are many.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<SweepResult?> SweepAsync(SweepAges ages, bool includeFiles, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ages);
        // Held by the session: a process that dies lets go of it. Were it lost meanwhile, two would sweep, which every step can bear.
        return await database.ReadAsync(
            async (connection, token) =>
            {
                if (!await connection.TryLockAsync(AdvisoryLocks.Sweeper, token))
                {
                    return null;
                }

                try
                {
                    var steps = new Steps(logger, token);
                    var collections = await steps.RunAsync("removed collections", next => RemoveCollectionsAsync(steps, next));
                    var generations = await steps.RunAsync("generations that nobody searches", next => RemoveGenerationsAsync(steps, next));
                    var rows = 0;
                    foreach (var (name, sql, age) in OldRows(ages))
                    {
                        rows += await steps.RunAsync(name, next => RepeatAsync(sql, age, next));
                    }

                    var unused = await steps.RunAsync("originals without a document", next => RemoveBlobsAsync(ages, next));
                    var files = 0;
                    if (includeFiles)
                    {
                        await steps.RunAsync("unfinished uploads", next => blobs.RemoveLeftoversAsync(ages.Uploads, next));
                        files = await steps.RunAsync("files without a row", next => RemoveFilesAsync(ages, next));
                        telemetry.Blobs("unknown", files);
                        await steps.RunAsync("folders of removed collections", next => RemoveFoldersAsync(ages, next));
                    }

                    var requeued = await steps.RunAsync("rows that do not fit together", MendAsync);
                    var faults = await steps.RunAsync("the comparison of originals", originals.RunAsync);
                    var result = new SweepResult(collections, generations, rows, unused, files, requeued, faults, steps.Failures);
                    LogSwept(logger, collections, generations, rows, unused, files);
                    return result;
                }
                finally
                {
                    await connection.UnlockAsync();
                }
            },
            cancellationToken);
    }

    private static IEnumerable<(string Name, string Sql, TimeSpan Age)> OldRows(SweepAges ages) =>
    [
        (
            "old events",
            $"delete from document_events where (collection_id, seq) in (select collection_id, seq from document_events where at < now() - $1 order by at limit {BatchSize})",
            ages.Events),
        (
            // An index that is further behind finds the gap and reads the collection anew.
            "old index changes",
            $"delete from index_changes where (collection_id, seq) in (select collection_id, seq from index_changes where created < now() - $1 order by created limit {BatchSize})",
            ages.IndexChanges),
        (
            "finished jobs",
            $"delete from jobs where id in (select id from jobs where state in ('done', 'superseded', 'discarded') and finished < now() - $1 order by finished limit {BatchSize})",
            ages.Jobs),
        (
            "kept answers",
            $"delete from idempotency_keys where (key_id, route, key) in (select key_id, route, key from idempotency_keys where created < now() - $1 limit {BatchSize})",
            ages.IdempotencyKeys),
        ("sessions", "delete from sessions where expires < now() - $1", TimeSpan.Zero),
        ("unused sign-in tokens", "delete from sign_in_tokens where used is null and expires < now() - $1", ages.IdempotencyKeys),
        // The row of a used one is what keeps it used: while the token is still configured, a start without the row would make it good anew.
        ("used sign-in tokens", "delete from sign_in_tokens where expires < now() - $1", ages.UsedSignInTokens),
    ];

    /// <summary>Repeats a bounded deletion until it finds less than a batch.</summary>
    private async Task<int> RepeatAsync(string sql, TimeSpan age, CancellationToken cancellationToken)
    {
        var total = 0;
        int rows;
        do
        {
            rows = await RunAsync(sql, cancellationToken, age);
            total += rows;
        }
        while (rows >= BatchSize);

        return total;
    }

    private Task<int> RunAsync(string sql, CancellationToken cancellationToken, params object?[] values) => database.ReadAsync(
        (connection, token) =>
        {
            var command = connection.Sql(sql, values);
            command.CommandTimeout = (int)SqlExtensions.RemovalTimeout.TotalSeconds;
            return command.RunAsync(token);
        },
        cancellationToken);

    private async Task<int> MendAsync(CancellationToken cancellationToken)
    {
        var (unqueued, incomplete) = await documents.MendAsync(cancellationToken);
        telemetry.Rows("unqueued", unqueued);
        telemetry.Rows("incomplete", incomplete);
        if (unqueued + incomplete > 0)
        {
            LogMended(logger, unqueued, incomplete);
        }

        return unqueued + incomplete;
    }

    [LoggerMessage(2103, LogLevel.Warning, "{Unqueued} documents waited without a job and {Incomplete} had lost passages that are searched: they are processed again")]
    private static partial void LogMended(ILogger logger, int unqueued, int incomplete);

    [LoggerMessage(2101, LogLevel.Debug, "Swept {Collections} collections, {Generations} generations, {Rows} old rows, {Originals} originals, {Files} files")]
    private static partial void LogSwept(ILogger logger, int collections, int generations, int rows, int originals, int files);

    [LoggerMessage(2102, LogLevel.Warning, "Sweeping {Step} failed and is tried again with the next sweep: {Reason}")]
    private static partial void LogStepFailed(ILogger logger, string step, string reason);

    /// <summary>Runs one thing after another, whatever becomes of each.</summary>
    private sealed class Steps(ILogger logger, CancellationToken cancellationToken)
    {
        public int Failures { get; private set; }

        public async Task<int> RunAsync(string name, Func<CancellationToken, Task<int>> step)
        {
            try
            {
                return await step(cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                Failures++;
                LogStepFailed(logger, name, e is RagException ? e.Message : $"{e.GetType().Name}: {e.Message}");
                return 0;
            }
        }
    }
}
