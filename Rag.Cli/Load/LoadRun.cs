using System.Collections.Concurrent;
using Rag.Client;

namespace Rag.Cli.Load;

/// <summary>What became of one request.</summary>
/// <param name="Arrival">When and what.</param>
/// <param name="Waited">Until a client was free for it.</param>
/// <param name="Took">From when it was due to the end of its answer: what a person would have waited.</param>
/// <param name="Error">Code of what went wrong; null: it was answered.</param>
internal sealed record LoadSample(Arrival Arrival, TimeSpan Waited, TimeSpan Took, string? Error)
{
    /// <summary>The error of a request that was not answered within its time.</summary>
    public const string TimedOut = "timed-out";
}

/// <summary>
/// Sends requests when they fall due. Where every client is busy they wait, and their time goes on: a server that stands still for a second
/// delays all who come in that second, and a generator that measured only from when it sent would see one slow request (coordinated omission).
/// </summary>
/// <param name="sendAsync">One request; throws when it failed.</param>
/// <param name="clients">Requests in flight at most.</param>
/// <param name="limit">Of one request, from when it was due.</param>
/// <param name="time">The clock.</param>
internal sealed class LoadRun(Func<Arrival, CancellationToken, Task> sendAsync, int clients, TimeSpan limit, TimeProvider time)
{
    private readonly ConcurrentQueue<LoadSample> _samples = new();

    /// <returns>One sample for each arrival, in the order in which they ended.</returns>
    public async Task<IReadOnlyCollection<LoadSample>> RunAsync(IEnumerable<Arrival> arrivals, CancellationToken cancellationToken)
    {
        using var free = new SemaphoreSlim(clients);
        var running = new List<Task>();
        var start = time.GetTimestamp();
        try
        {
            foreach (var arrival in arrivals)
            {
                var early = arrival.Due - time.GetElapsedTime(start);
                if (early > TimeSpan.Zero)
                {
                    await Task.Delay(early, time, cancellationToken);
                }

                await free.WaitAsync(cancellationToken);
                running.RemoveAll(static task => task.IsCompletedSuccessfully);
                running.Add(SendAsync(arrival, start, free, cancellationToken));
            }
        }
        finally
        {
            await Task.WhenAll(running);
        }

        return _samples;
    }

    private async Task SendAsync(Arrival arrival, long start, SemaphoreSlim free, CancellationToken cancellationToken)
    {
        var waited = time.GetElapsedTime(start) - arrival.Due;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        string? error = null;
        try
        {
            if (waited >= limit)
            {
                // Whoever wanted it has gone by now.
                error = LoadSample.TimedOut;
                return;
            }

            patience.CancelAfter(limit - waited);
            await sendAsync(arrival, patience.Token);
        }
        catch (OperationCanceledException)
        {
            error = LoadSample.TimedOut;
        }
        catch (RagApiException exception)
        {
            error = exception.Code;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            error = RagApiException.Unreachable;
        }
        finally
        {
            _samples.Enqueue(new LoadSample(arrival, waited, time.GetElapsedTime(start) - arrival.Due, error));
            free.Release();
        }
    }
}
