using Rag.Core.Storage;
using RagPlatform.ServiceDefaults.Problems;

namespace Rag.Api.Http;

/// <summary>Until the database was prepared once, everything under <c>/v1</c> says so at once, instead of waiting for connections that fail.</summary>
internal sealed class StorageGate(RequestDelegate next, StorageReadiness storage)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!storage.IsPrepared
            && context.GetEndpoint() is RouteEndpoint
            && context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal))
        {
            throw new ProblemException("storage-away", await storage.CheckAsync(context.RequestAborted) ?? "The database is being prepared.")
            {
                RetryAfter = TimeSpan.FromSeconds(2),
            };
        }

        await next(context);
    }
}
