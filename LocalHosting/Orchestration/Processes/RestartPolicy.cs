namespace Aspire.Hosting.Orchestration.Processes;

/// <summary>How long to wait before a crashed service is started again.</summary>
internal sealed record RestartPolicy
{
    /// <summary>After the first crash.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Waits double up to this one.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A run of this length was a good one: the next crash counts as the first again.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The number of crashes in a row, this one included.</summary>
    public int CountCrash(int crashesBefore, TimeSpan ranFor) => ranFor >= StableAfter ? 1 : crashesBefore + 1;

    /// <summary>The wait after the given number of crashes in a row (1 or more).</summary>
    public TimeSpan WaitAfter(int crashes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(crashes, 1);
        // 2^30 first waits are beyond any cap; the bound keeps the product inside TimeSpan.
        var factor = Math.Pow(2, Math.Min(crashes - 1, 30));
        var wait = TimeSpan.FromSeconds(FirstWait.TotalSeconds * factor);
        return wait < LongestWait ? wait : LongestWait;
    }
}
