namespace Rag.Core.Jobs;

/// <summary>How long to wait after a passing failure.</summary>
internal static class RetryWait
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>5 s, 20 s, 80 s, ... at most 10 min, each up to a fifth shorter by chance so that documents that failed together do not come back together.</summary>
    /// <param name="attempt">The one that failed, from 1.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan After(int attempt, double chance)
    {
        var wait = First * Math.Pow(4, Math.Min(attempt, 10) - 1);
        return (wait < Longest ? wait : Longest) * (1 - (0.2 * chance));
    }
}
