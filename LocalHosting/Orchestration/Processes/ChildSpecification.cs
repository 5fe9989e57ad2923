namespace Aspire.Hosting.Orchestration.Processes;

/// <summary>A process to start, whole: nothing is inherited that is not in here.</summary>
internal sealed record ChildSpecification
{
    /// <summary>For logs and records.</summary>
    public required string Name { get; init; }

    /// <summary>A program on PATH or its path.</summary>
    public required string FileName { get; init; }

    /// <summary>Never secrets: everybody on the machine can read them.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Where it runs.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>The whole environment.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>How it is asked to end.</summary>
    public StopSignal StopSignal { get; init; } = StopSignal.Terminate;

    /// <summary>A program and its arguments that ask it to end, where a signal does not reach what matters; null for the signal.</summary>
    public IReadOnlyList<string>? StopCommand { get; init; }

    /// <summary>How long it may take to follow before it is killed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Leftovers are ended in this order: services (0) before the servers they use (1).</summary>
    public int StopOrder { get; init; }
}
