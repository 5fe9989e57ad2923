using System.Collections.Concurrent;
using System.Diagnostics;
using Rag.Client;

namespace Rag.Bench;

/// <summary>What came of many clients asking at the same time.</summary>
/// <param name="Milliseconds">Of each request that did not fail.</param>
/// <param name="Failures">What the others met.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record LoadRun(IReadOnlyCollection<double> Milliseconds, IReadOnlyCollection<string> Failures, double Seconds)
{
    /// <summary>
    /// Each client on a connection of its own, one request after the other, none tried twice, until told to stop; what was begun is finished.
    /// </summary>
    /// <param name="address">Of the API, or of what stands before it.</param>
    /// <param name="key">Sent as bearer.</param>
    /// <param name="clients">At the same time.</param>
    /// <param name="pause">Of each client between two requests.</param>
    /// <param name="requestAsync">One request; throws when it failed. Gets its number.</param>
    /// <param name="until">Ends it.</param>
    public static async Task<LoadRun> RunAsync(
        Uri address, string key, int clients, TimeSpan pause, Func<RagClient, int, Task> requestAsync, CancellationToken until)
    {
        var milliseconds = new ConcurrentBag<double>();
        var failures = new ConcurrentBag<string>();
        var number = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(AskAsync, CancellationToken.None)));
        return new LoadRun(milliseconds, failures, watch.Elapsed.TotalSeconds);

        async Task AskAsync()
        {
            var client = RagClient.Create(address, key);
            while (!until.IsCancellationRequested)
            {
                var started = Stopwatch.GetTimestamp();
                try
                {
                    await requestAsync(client, Interlocked.Increment(ref number));
                    milliseconds.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
                catch (Exception e)
                {
                    // Whatever it is, it is what is counted here.
                    failures.Add(e.ToString());
                }

                await Task.Delay(pause, CancellationToken.None);
            }
        }
    }
}
