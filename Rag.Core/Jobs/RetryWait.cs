namespace Rag.Core.Jobs;

/// <summary>How long to wait after a passing failure, or after a worker vanished.</summary>
internal static class RetryWait
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstAfterLoss = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestAfterLoss = TimeSpan.FromSeconds(30);

    /// <summary>5 s, 20 s, 80 s, ... at most 10 min, each up to a fifth shorter by chance so that documents that failed together do not come back together.</summary>
    /// <param name="attempt">The one that failed, from 1.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan After(int attempt, double chance)
    {
        var wait = First * Math.Pow(4, Math.Min(attempt, 10) - 1);
        return (wait < Longest ? wait : Longest) * (1 - (0.2 * chance));
    }

    /// <summary>
    /// None the first time, as every deployment and every crash of a machine costs some documents their worker; then 1 s, 2 s, 4 s, ...
    /// at most 30 s, so that a document that ends its workers is not the first one that the next worker takes.
    /// </summary>
    /// <param name="losses">How many times its worker vanished, this time included.</param>
    public static TimeSpan? AfterLoss(int losses)
    {
        if (losses <= 1)
        {
            return null;
        }

        var wait = FirstAfterLoss * Math.Pow(2, Math.Min(losses, 10) - 2);
        return wait < LongestAfterLoss ? wait : LongestAfterLoss;
    }
}
