using System.Diagnostics;
using Rag.Client;

namespace Rag.Chaos;

/// <summary>
/// Sends requests through either API and judges how they end: done, refused with a problem that has a type, or broken off because the API
/// was killed. Anything else is a finding.
/// </summary>
internal sealed class Caller(ChaosWorld world, Outcomes outcomes, int seed)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(90);

    private readonly Random _random = new(seed);
    private RunningService? _silent;

    /// <summary>For what this client leaves to chance.</summary>
    public Random Random => _random;

    /// <summary>One request. The value, or how it was refused (status 0: not answered at all).</summary>
    public async Task<Reply<T>> SendAsync<T>(string what, int success, Func<RagClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        // As whatever stands before replicas does: not once more to a process that just did not answer, if there is another.
        var services = world.Apis.Select(static api => api.Current).ToList();
        var others = services.Where(service => service != _silent).ToList();
        var service = others.Count > 0 ? others[_random.Next(others.Count)] : services[_random.Next(services.Count)];
        var reply = await SendAsync(service, what, success, call, cancellationToken);
        _silent = reply.Status == 0 ? service : _silent;
        return reply;
    }

    /// <summary>One request to one process of the API.</summary>
    public async Task<Reply<T>> SendAsync<T>(RunningService service, string what, int success, Func<RagClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerLimit);
        try
        {
            var value = await call(service.Client, limit.Token);
            outcomes.Request($"{success}");
            return new Reply<T>(success, "", value);
        }
        catch (RagApiException e) when ((int)e.Status > 0)
        {
            return new Reply<T>(Refused(what, e), e.Code, default);
        }
        catch (RagApiException e)
        {
            if (service.WasKilled)
            {
                outcomes.Request("no answer: its API was killed");
            }
            else
            {
                outcomes.Request("no answer");
                outcomes.Find($"{what} got no answer from an API that was not killed: {e.Code}: {e.InnerException ?? e}");
            }

            return new Reply<T>(0, e.Code, default);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            outcomes.Request("no answer in time");
            outcomes.Find($"{what} got no answer within {AnswerLimit.TotalSeconds:0} s.");
            return new Reply<T>(0, "", default);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            outcomes.Request("unexpected");
            outcomes.Find($"{what} ended with what a client does not expect: {e}");
            return new Reply<T>(0, "", default);
        }
    }

    /// <summary>The same request until it is done, by either API. Null: it was refused for good (a finding), or the time was over.</summary>
    public async Task<Reply<T>?> InsistAsync<T>(string what, int success, Func<RagClient, CancellationToken, Task<T>> call, TimeSpan limit, CancellationToken cancellationToken)
    {
        for (var (waited, attempt) = (Stopwatch.StartNew(), 0); waited.Elapsed < limit; attempt++)
        {
            var reply = await SendAsync(what, success, call, cancellationToken);
            if (reply.Status == success)
            {
                return reply;
            }

            if (reply.Status is > 0 and < 500 and not (408 or 409 or 429))
            {
                outcomes.Find($"{what} was refused for good: {reply.Status} {reply.Code}");
                return null;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(100 << Math.Min(attempt, 4), 1000) * (0.5 + _random.NextDouble())), cancellationToken);
        }

        outcomes.Find($"{what} was not done within {limit}.");
        return null;
    }

    private int Refused(string what, RagApiException e)
    {
        var status = (int)e.Status;
        outcomes.Request($"{status} {e.Code}");
        if (e.Problem.Type is null || !e.Problem.Type.StartsWith("https://", StringComparison.Ordinal) || string.IsNullOrEmpty(e.Problem.Detail))
        {
            outcomes.Find($"{what} was answered with {status} and no problem that tells what to do: {e.Message}");
        }

        if (status == 500)
        {
            outcomes.Find($"{what} was answered with 500 (trace {e.Problem.TraceId}).");
        }

        return status;
    }
}

/// <summary>How a request ended.</summary>
internal sealed record Reply<T>(int Status, string Code, T? Value);
