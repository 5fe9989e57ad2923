using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace RagPlatform.ServiceDefaults.Resilience;

/// <summary>How long to wait for a dependency, and how often to ask again.</summary>
public sealed record HttpDependencyOptions
{
    /// <summary>Time for one attempt, up to the answer's headers: a stream may go on as long as it likes.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time for all attempts and the waits between them.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Further attempts, only of requests that change nothing.</summary>
    [Range(0, 10)]
    public int Retries { get; init; } = 2;

    /// <summary>Wait before the second attempt; doubles, with jitter.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromMilliseconds(200);
}

/// <summary>HTTP clients that outlive a dependency's hiccups.</summary>
public static class HttpDependency
{
    /// <summary>
    /// A named client. GET, HEAD and OPTIONS are repeated after connection failures, time-outs, 408, 429, 502, 503 and 504; nothing else is,
    /// because a request that writes may have been done although its answer was lost.
    /// </summary>
    public static IHttpClientBuilder AddHttpDependency(this IServiceCollection services, string name, HttpDependencyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return services.AddHttpClient(name)
            .ConfigureHttpClient(static client => client.Timeout = Timeout.InfiniteTimeSpan)
            .AddHttpMessageHandler(provider => new ResilienceHandler(options, provider.GetService<TimeProvider>() ?? TimeProvider.System));
    }
}

internal sealed class ResilienceHandler : DelegatingHandler
{
    private readonly ResiliencePipeline<HttpResponseMessage> _safe;
    private readonly ResiliencePipeline<HttpResponseMessage> _unsafe;

    public ResilienceHandler(HttpDependencyOptions options, TimeProvider time)
    {
        var attempt = new TimeoutStrategyOptions { Timeout = options.AttemptTimeout };
        _unsafe = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }.AddTimeout(attempt).Build();
        var safe = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }.AddTimeout(options.TotalTimeout);
        if (options.Retries > 0)
        {
            safe.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = options.Retries,
                Delay = options.FirstWait,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = static outcome => ValueTask.FromResult(IsPassing(outcome.Outcome)),
                DelayGenerator = static outcome => ValueTask.FromResult(outcome.Outcome.Result?.Headers.RetryAfter?.Delta),
                // The answer that is not used gives its connection back.
                OnRetry = static outcome =>
                {
                    outcome.Outcome.Result?.Dispose();
                    return ValueTask.CompletedTask;
                },
            });
        }

        _safe = safe.AddTimeout(attempt).Build();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var pipeline = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Options ? _safe : _unsafe;
        try
        {
            return await pipeline.ExecuteAsync(
                async token => await base.SendAsync(request, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutRejectedException e)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"{request.RequestUri?.Authority} did not answer within {e.Timeout}.", e);
        }
    }

    private static bool IsPassing(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        { Result.StatusCode: System.Net.HttpStatusCode.RequestTimeout or System.Net.HttpStatusCode.TooManyRequests or System.Net.HttpStatusCode.BadGateway
            or System.Net.HttpStatusCode.ServiceUnavailable or System.Net.HttpStatusCode.GatewayTimeout } => true,
        _ => false,
    };
}
