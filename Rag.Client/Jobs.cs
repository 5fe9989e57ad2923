namespace Rag.Client;

/// <summary>One job of a document.</summary>
public sealed record Job
{
    /// <summary>The job.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name of the document's collection.</summary>
    public required string Collection { get; init; }

    /// <summary>The document.</summary>
    public required Guid DocumentId { get; init; }

    /// <summary>Its file name.</summary>
    public required string DocumentName { get; init; }

    /// <summary>Its title, when it has one.</summary>
    public string? Title { get; init; }

    /// <summary>Where it stands.</summary>
    public required JobState State { get; init; }

    /// <summary>The step it is at while running, else the one it last failed in.</summary>
    public string? Stage { get; init; }

    /// <summary>Attempts that count.</summary>
    public int Attempts { get; init; }

    /// <summary>How often its worker vanished.</summary>
    public int Losses { get; init; }

    /// <summary>Why it last failed.</summary>
    public Problem? Problem { get; init; }

    /// <summary>When it was queued.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it failed for the first time.</summary>
    public DateTimeOffset? FirstFailed { get; init; }

    /// <summary>When it failed last.</summary>
    public DateTimeOffset? LastFailed { get; init; }

    /// <summary>When it left the queue.</summary>
    public DateTimeOffset? Finished { get; init; }
}

/// <summary>Where a job stands.</summary>
public enum JobState
{
    /// <summary>Waits for a worker, or for its next attempt.</summary>
    Queued,

    /// <summary>A worker is at it.</summary>
    Running,

    /// <summary>Its document is processed.</summary>
    Done,

    /// <summary>It failed for good and waits for a person.</summary>
    Parked,

    /// <summary>A newer job of its document took its place.</summary>
    Superseded,

    /// <summary>It failed, and a person put it aside.</summary>
    Discarded,
}

/// <summary>How the queue stands, as far as the bearer may see.</summary>
/// <param name="Paused">Since when the whole queue is paused; null: it is not.</param>
/// <param name="Queued">Jobs that wait.</param>
/// <param name="Running">Jobs in work.</param>
/// <param name="Parked">Jobs that failed and wait for a person.</param>
/// <param name="OldestAgeSeconds">Since the oldest of the waiting was made.</param>
/// <param name="Collections">Those that have any of these, or are paused; by name.</param>
public sealed record QueueState(
    DateTimeOffset? Paused, long Queued, long Running, long Parked, double OldestAgeSeconds, IReadOnlyList<CollectionQueue> Collections);

/// <summary>What the queue holds of one collection.</summary>
/// <param name="Name">The collection.</param>
/// <param name="Paused">Since when it is paused by itself; null: it is not.</param>
/// <param name="Queued">Jobs that wait.</param>
/// <param name="Running">Jobs in work.</param>
/// <param name="Parked">Jobs that failed and wait for a person.</param>
/// <param name="OldestAgeSeconds">Since the oldest of the waiting was made.</param>
public sealed record CollectionQueue(string Name, DateTimeOffset? Paused, long Queued, long Running, long Parked, double OldestAgeSeconds);
