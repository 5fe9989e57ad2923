namespace Rag.Cli.Load;

/// <summary>What a load test does.</summary>
internal sealed record LoadPlan
{
    /// <summary>How many requests may go without an answer where nobody says otherwise.</summary>
    public const double StandardErrors = 0.01;

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

    /// <summary>Of all requests, those that were not answered among the slowest; null: not looked at.</summary>
    public TimeSpan? MaxP95 { get; init; }

    /// <summary>The same.</summary>
    public TimeSpan? MaxP99 { get; init; }

    /// <summary>0 to 1. Always looked at: a server that refuses is quick, and nothing else would tell.</summary>
    public double MaxErrors { get; init; } = StandardErrors;
}
