using Microsoft.Extensions.Options;
using Rag.Api.Auth;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Limits;

/// <summary>A bucket of requests per key, in this process. Health and the API's description cost nothing.</summary>
internal sealed class RateLimitMiddleware(RequestDelegate next, IOptions<LimitOptions> options, TimeProvider time)
{
    private readonly RateBuckets<Guid> _keys = new(options.Value.RequestsPerMinute, time);
    private readonly RateBuckets<Guid> _anonymous = new(options.Value.AnonymousRequestsPerMinute, time);

    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal) || context.GetEndpoint() is not RouteEndpoint)
        {
            return next(context);
        }

        if (context.Features.Get<Caller>() is { } caller)
        {
            if (!_keys.TryTake(caller.KeyId, out var wait))
            {
                throw Refused("Too many requests with this key.", nameof(LimitOptions.RequestsPerMinute), wait);
            }
        }
        else if (!_anonymous.TryTake(Guid.Empty, out var wait))
        {
            throw Refused("Too many sign-ins by link at the moment.", nameof(LimitOptions.AnonymousRequestsPerMinute), wait);
        }

        return next(context);
    }

    private static ProblemException Refused(string what, string option, TimeSpan wait) =>
        new("rate-limited", $"{what} Wait as long as 'Retry-After' says; Rag:Limits:{option} sets how many there may be.") { RetryAfter = wait };
}
