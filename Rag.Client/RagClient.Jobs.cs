using System.Runtime.CompilerServices;

namespace Rag.Client;

/// <content>Failed work, a document's jobs, and the queue.</content>
public sealed partial class RagClient
{
    /// <summary>One page of the jobs that failed for good, the last first.</summary>
    /// <param name="collection">Null: every collection that the bearer may see.</param>
    /// <param name="limit">1 to 200; null: 50.</param>
    /// <param name="cursor">From the page before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<Page<Job>> ListFailedJobsAsync(
        string? collection = null, int? limit = null, string? cursor = null, CancellationToken cancellationToken = default) =>
        SendAsync<Page<Job>>(
            HttpMethod.Get, WithQuery(Path("jobs", "failed"), ("collection", collection), ("limit", Text(limit)), ("cursor", cursor)), null, cancellationToken);

    /// <summary>Every job that failed for good, page by page.</summary>
    public async IAsyncEnumerable<Job> AllFailedJobsAsync(string? collection = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? cursor = null;
        do
        {
            var page = await ListFailedJobsAsync(collection, 200, cursor, cancellationToken).ConfigureAwait(false);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    /// <summary>Queues the document of a failed job again.</summary>
    public Task RetryJobAsync(Guid id, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, Path("jobs", id.ToString("D"), "retry"), cancellationToken);

    /// <summary>Queues all failed work again, of one collection or of every one that the bearer may see; the number of documents.</summary>
    public async Task<int> RetryFailedJobsAsync(string? collection = null, CancellationToken cancellationToken = default) =>
        (await SendAsync<RetriedCount>(HttpMethod.Post, Path("jobs", "failed", "retry"), Json(new AllFailed(collection)), cancellationToken).ConfigureAwait(false)).Retried;

    /// <summary>Takes a failed job from the list; its document stays failed.</summary>
    public Task DiscardJobAsync(Guid id, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, Path("jobs", id.ToString("D"), "discard"), cancellationToken);

    /// <summary>Empties the list of failed work, of one collection or of every one that the bearer may see; the number of jobs.</summary>
    public async Task<int> DiscardFailedJobsAsync(string? collection = null, CancellationToken cancellationToken = default) =>
        (await SendAsync<DiscardedCount>(HttpMethod.Post, Path("jobs", "failed", "discard"), Json(new AllFailed(collection)), cancellationToken).ConfigureAwait(false)).Discarded;

    /// <summary>One page of what became of a document's jobs, newest first.</summary>
    public Task<Page<Job>> ListDocumentJobsAsync(
        string collection, Guid id, int? limit = null, string? cursor = null, CancellationToken cancellationToken = default) =>
        SendAsync<Page<Job>>(
            HttpMethod.Get, WithQuery(DocumentPath(collection, id) + "/jobs", ("limit", Text(limit)), ("cursor", cursor)), null, cancellationToken);

    /// <summary>How the queue stands.</summary>
    public Task<QueueState> GetQueueAsync(CancellationToken cancellationToken = default) =>
        SendAsync<QueueState>(HttpMethod.Get, Path("queue"), null, cancellationToken);

    /// <summary>Nothing is begun any more, of one collection or (null) at all; what runs finishes.</summary>
    public Task<QueueState> PauseQueueAsync(string? collection = null, CancellationToken cancellationToken = default) =>
        SendAsync<QueueState>(HttpMethod.Post, QueuePath(collection, "pause"), null, cancellationToken);

    /// <summary>Work goes on. A collection that was paused by itself has to be resumed by itself.</summary>
    public Task<QueueState> ResumeQueueAsync(string? collection = null, CancellationToken cancellationToken = default) =>
        SendAsync<QueueState>(HttpMethod.Post, QueuePath(collection, "resume"), null, cancellationToken);

    private static string QueuePath(string? collection, string verb) =>
        collection is null ? Path("queue", verb) : Path("collections", collection, "queue", verb);

    private sealed record AllFailed(string? Collection);

    private sealed record RetriedCount(int Retried);

    private sealed record DiscardedCount(int Discarded);
}
