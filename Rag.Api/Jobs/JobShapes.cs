using Rag.Core.Documents;
using Rag.Core.Jobs;

namespace Rag.Api.Jobs;

internal sealed record JobAnswer(
    Guid Id,
    string Collection,
    Guid DocumentId,
    string DocumentName,
    string? Title,
    JobState State,
    string? Stage,
    int Attempts,
    int Losses,
    Problem? Problem,
    DateTimeOffset Created,
    DateTimeOffset? FirstFailed,
    DateTimeOffset? LastFailed,
    DateTimeOffset? Finished)
{
    public static JobAnswer Of(JobRecord job) => new(
        job.Id.Value,
        job.Collection,
        job.Document.Value,
        job.DocumentName,
        job.Title,
        job.State,
        job.Stage,
        job.Attempts,
        job.Losses,
        job.Problem,
        job.Created,
        job.FirstFailed,
        job.LastFailed,
        job.Finished);
}

internal sealed record AllFailedRequest(string? Collection = null);

internal sealed record RetriedAnswer(int Retried);

internal sealed record DiscardedAnswer(int Discarded);

internal sealed record QueueAnswer(
    DateTimeOffset? Paused, long Queued, long Running, long Parked, double OldestAgeSeconds, IReadOnlyList<CollectionQueueAnswer> Collections)
{
    public static QueueAnswer Of(QueueState state) => new(
        state.Paused,
        state.Collections.Sum(static one => one.Queued),
        state.Collections.Sum(static one => one.Running),
        state.Collections.Sum(static one => one.Parked),
        state.Collections.Select(CollectionQueueAnswer.Age).DefaultIfEmpty().Max(),
        [.. state.Collections.Select(CollectionQueueAnswer.Of)]);
}

internal sealed record CollectionQueueAnswer(string Name, DateTimeOffset? Paused, long Queued, long Running, long Parked, double OldestAgeSeconds)
{
    public static CollectionQueueAnswer Of(CollectionQueue queue) =>
        new(queue.Name, queue.Paused, queue.Queued, queue.Running, queue.Parked, Age(queue));

    public static double Age(CollectionQueue queue) => Math.Round(queue.OldestAge.TotalSeconds, 1);
}
