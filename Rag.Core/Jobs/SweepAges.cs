namespace Rag.Core.Jobs;

/// <summary>How old things must be before they go.</summary>
public sealed record SweepAges
{
    /// <summary>Originals that nothing refers to.</summary>
    public TimeSpan Originals { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Unfinished uploads, since their last byte.</summary>
    public TimeSpan Uploads { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Events of documents.</summary>
    public TimeSpan Events { get; init; } = TimeSpan.FromHours(24);

    /// <summary>What indexes follow.</summary>
    public TimeSpan IndexChanges { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Answers kept for repeated requests.</summary>
    public TimeSpan IdempotencyKeys { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Sign-in tokens that opened a session, since their expiry; unused ones go with the answers.</summary>
    public TimeSpan UsedSignInTokens { get; init; } = TimeSpan.FromDays(365);

    /// <summary>Jobs that are done.</summary>
    public TimeSpan Jobs { get; init; } = TimeSpan.FromDays(7);
}

/// <summary>What one sweep removed and found.</summary>
/// <param name="Collections">Removed ones whose rows are all gone now.</param>
/// <param name="Generations">Those that nobody searches.</param>
/// <param name="Rows">Old rows of every kind.</param>
/// <param name="Originals">Those that nothing referred to.</param>
/// <param name="Files">Those without a row.</param>
/// <param name="Requeued">Documents whose rows did not fit together.</param>
/// <param name="Faults">Originals that are missing or damaged since, or are no longer.</param>
/// <param name="Failures">Steps that failed, and are tried again by the next sweep.</param>
public sealed record SweepResult(int Collections, int Generations, int Rows, int Originals, int Files, int Requeued, int Faults, int Failures);
