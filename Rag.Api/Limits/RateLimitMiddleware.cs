using Microsoft.Extensions.Options;
using Rag.Api.Auth;
using Rag.Core.Caching;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Limits;

/// <summary>A bucket of requests per key, which all replicas share by Redis. Health and the API's description cost nothing.</summary>
internal sealed class RateLimitMiddleware(RequestDelegate next, IOptions<LimitOptions> options, CacheConnection cache, TimeProvider time)
{
    private readonly SharedRateBuckets<Guid> _keys = new("key", options.Value.RequestsPerMinute, cache, time);
    private readonly SharedRateBuckets<Guid> _anonymous = new("anonymous", options.Value.AnonymousRequestsPerMinute, cache, time);

    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal) || context.GetEndpoint() is not RouteEndpoint)
        {
            await next(context);
            return;
        }

        if (context.Features.Get<Caller>() is { } caller)
        {
            if (await _keys.TakeAsync(caller.KeyId, context.RequestAborted) is { } wait)
            {
                throw Refused("Too many requests with this key.", nameof(LimitOptions.RequestsPerMinute), wait);
            }
        }
        else if (await _anonymous.TakeAsync(Guid.Empty, context.RequestAborted) is { } wait)
        {
            throw Refused("Too many sign-ins by link at the moment.", nameof(LimitOptions.AnonymousRequestsPerMinute), wait);
        }

        await next(context);
    }

    private static ProblemException Refused(string what, string option, TimeSpan wait) =>
        new("rate-limited", $"{what} Wait as long as 'Retry-After' says; Rag:Limits:{option} sets how many there may be.") { RetryAfter = wait };
}
