using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using Rag.Api.Auth;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Limits;

/// <summary>A bucket of requests per key, in this process. Health and the API's description cost nothing.</summary>
internal sealed class RateLimitMiddleware : IDisposable
{
    private readonly RequestDelegate _next;
    private readonly PartitionedRateLimiter<HttpContext> _limiter;

    public RateLimitMiddleware(RequestDelegate next, IOptions<LimitOptions> options)
    {
        _next = next;
        var limits = options.Value;
        _limiter = PartitionedRateLimiter.Create<HttpContext, Guid>(context => context.Features.Get<Caller>() is { } caller
            ? Partition(caller.KeyId, limits.RequestsPerMinute)
            : Partition(Guid.Empty, limits.AnonymousRequestsPerMinute));
    }

    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal) || context.GetEndpoint() is not RouteEndpoint)
        {
            await _next(context);
            return;
        }

        using var lease = _limiter.AttemptAcquire(context);
        if (!lease.IsAcquired)
        {
            throw new ProblemException("rate-limited", "Too many requests with this key. Wait as long as 'Retry-After' says; Rag:Limits sets how many there may be.")
            {
                RetryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromSeconds(1),
            };
        }

        await _next(context);
    }

    public void Dispose() => _limiter.Dispose();

    private static RateLimitPartition<Guid> Partition(Guid key, int perMinute) => perMinute == 0
        ? RateLimitPartition.GetNoLimiter(key)
        : RateLimitPartition.GetTokenBucketLimiter(key, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = perMinute,
            TokensPerPeriod = Math.Max(1, perMinute / 60),
            ReplenishmentPeriod = perMinute >= 60 ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(60.0 / perMinute),
            QueueLimit = 0,
            AutoReplenishment = true,
        });
}
