namespace Rag.Cli.Load;

/// <summary>What a load test does.</summary>
internal sealed record LoadPlan
{
    /// <summary>Requests per second, on average.</summary>
    public required double Rate { get; init; }

    /// <summary>Requests in flight at most.</summary>
    public required int Clients { get; init; }

    /// <summary>Not counted: connections are opened, and the API loads what it searches.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>What is counted.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>0 to 1; the others search.</summary>
    public required double AskShare { get; init; }

    /// <summary>Of one request.</summary>
    public required TimeSpan Limit { get; init; }

    public required int Seed { get; init; }

    public TimeSpan? MaxP95 { get; init; }

    public TimeSpan? MaxP99 { get; init; }

    /// <summary>0 to 1.</summary>
    public double? MaxErrors { get; init; }
}
