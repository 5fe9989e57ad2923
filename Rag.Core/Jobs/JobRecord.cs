using Npgsql;
using Rag.Core.Documents;
using Rag.Core.Storage;

namespace Rag.Core.Jobs;

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

/// <summary>One job of a document, as a person sees it.</summary>
public sealed record JobRecord
{
    /// <summary>The job.</summary>
    public required JobId Id { get; init; }

    /// <summary>Name of the document's collection.</summary>
    public required string Collection { get; init; }

    /// <summary>The document.</summary>
    public required DocumentId Document { get; init; }

    /// <summary>Its file name.</summary>
    public required string DocumentName { get; init; }

    /// <summary>Its title; null when it has none.</summary>
    public string? Title { get; init; }

    /// <summary>Where it stands.</summary>
    public required JobState State { get; init; }

    /// <summary>The step it is at while running, else the one it last failed in; null when neither is known.</summary>
    public string? Stage { get; init; }

    /// <summary>Attempts that count.</summary>
    public required int Attempts { get; init; }

    /// <summary>How often its worker vanished.</summary>
    public required int Losses { get; init; }

    /// <summary>Why it last failed.</summary>
    public Problem? Problem { get; init; }

    /// <summary>When it was queued.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it failed for the first time.</summary>
    public DateTimeOffset? FirstFailed { get; init; }

    /// <summary>When it failed last.</summary>
    public DateTimeOffset? LastFailed { get; init; }

    /// <summary>When it left the queue: done, parked, superseded or discarded.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>For tables named <c>j</c>, <c>c</c> and <c>d</c> in the statement.</summary>
    internal const string Columns =
        """
        j.id, c.name, j.document_id, d.name, d.title, j.state, case when j.state = 'running' then j.stage else j.failed_stage end,
        j.attempts, j.losses, j.problem_code, j.problem, j.created, j.first_failed, j.last_failed, j.finished
        """;

    internal static JobRecord Map(NpgsqlDataReader row) => new()
    {
        Id = new JobId(row.GetGuid(0)),
        Collection = row.GetString(1),
        Document = new DocumentId(row.GetGuid(2)),
        DocumentName = row.GetString(3),
        Title = row.Nullable<string>(4),
        State = StateOf(row.GetString(5)),
        Stage = row.Nullable<string>(6),
        Attempts = row.GetInt32(7),
        Losses = row.GetInt32(8),
        Problem = row.IsDBNull(9) ? null : new Problem(row.GetString(9), row.GetString(10)),
        Created = row.GetFieldValue<DateTimeOffset>(11),
        FirstFailed = row.NullableValue<DateTimeOffset>(12),
        LastFailed = row.NullableValue<DateTimeOffset>(13),
        Finished = row.NullableValue<DateTimeOffset>(14),
    };

    private static JobState StateOf(string name) => name switch
    {
        "queued" => JobState.Queued,
        "running" => JobState.Running,
        "done" => JobState.Done,
        "parked" => JobState.Parked,
        "superseded" => JobState.Superseded,
        "discarded" => JobState.Discarded,
        _ => throw new InvalidOperationException($"The database holds a job state that this version does not know: '{name}'."),
    };
}
