using Rag.Core.Documents;

namespace Rag.Core.Jobs;

/// <summary>A job that this process owns for the time of its lease, with all that processing needs to know.</summary>
public sealed record ClaimedJob
{
    /// <summary>The job.</summary>
    public required JobId Id { get; init; }

    /// <summary>Made by this claim, never used before: names what is written and fences those who lost the lease.</summary>
    public required long Generation { get; init; }

    /// <summary>The document's collection.</summary>
    public required CollectionId Collection { get; init; }

    /// <summary>The document.</summary>
    public required DocumentId Document { get; init; }

    /// <summary>From 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>How often a worker vanished with it.</summary>
    public required int Losses { get; init; }

    /// <summary>
    /// Whether so many workers vanished with it that it may be the reason. It is to be worked on alone: what is processed beside it would
    /// lose its worker too, and be suspected in turn.
    /// </summary>
    public bool IsSuspect => Losses >= 3;

    /// <summary>Since its first failure, by the database's clock at the claim; zero when it never failed.</summary>
    public TimeSpan FailingFor { get; init; }

    /// <summary>W3C trace context of the submission; null when it was not traced.</summary>
    public string? TraceParent { get; init; }

    /// <summary>When the document was submitted, by the database's clock.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>File name.</summary>
    public required string Name { get; init; }

    /// <summary>The sender's title; null when he gave none.</summary>
    public string? GivenTitle { get; init; }

    /// <summary>As declared.</summary>
    public string? MediaType { get; init; }

    /// <summary>The original.</summary>
    public required ReadOnlyMemory<byte> Sha256 { get; init; }

    /// <summary>Of the original.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>How to cut and analyse.</summary>
    public required CollectionSettings Settings { get; init; }
}

/// <summary>Whose fault a failure is, which decides what happens next.</summary>
public enum FailureKind
{
    /// <summary>The document's: it would fail again, so it is parked at once.</summary>
    Document,

    /// <summary>Passing: it is tried again with growing waits, then parked.</summary>
    Passing,

    /// <summary>A part's that all documents need, such as the model: it is tried again until <see cref="JobOptions.DependencyPatience"/> is over, then parked.</summary>
    Dependency,

    /// <summary>Ours: it is parked, and the log has an error.</summary>
    Ours,
}

/// <summary>What became of a job that failed.</summary>
public enum FailureOutcome
{
    /// <summary>Back in the queue, with a wait.</summary>
    Retried,

    /// <summary>Out of the queue until somebody asks for it.</summary>
    Parked,

    /// <summary>The job was not this worker's any more: nothing was changed.</summary>
    Lost,
}

/// <summary>What the queue holds now.</summary>
/// <param name="Queued">Jobs that wait.</param>
/// <param name="Running">Jobs in work.</param>
/// <param name="Parked">Jobs that wait for a person.</param>
/// <param name="OldestAge">Since the oldest of the waiting was made; zero when none waits.</param>
public sealed record QueueDepth(long Queued, long Running, long Parked, TimeSpan OldestAge);

/// <summary>What a finished extraction says of its document.</summary>
/// <param name="Chunks">How many were written.</param>
/// <param name="Pages">Null for formats without pages.</param>
/// <param name="MediaType">As recognised.</param>
/// <param name="Title">The one that the document states.</param>
/// <param name="Warnings">For people.</param>
public sealed record CompletedGeneration(int Chunks, int? Pages, string MediaType, string? Title, IReadOnlyList<string> Warnings)
{
    /// <summary>The document is not ready before an index outside of the database holds it, which says so itself.</summary>
    public bool AwaitsIndex { get; init; }
}
