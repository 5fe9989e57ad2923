using Rag.Api.About;
using Rag.Api.Auth;
using Rag.Api.Collections;
using Rag.Api.Documents;
using Rag.Api.Http;
using Rag.Api.Idempotency;
using Rag.Api.Index;
using Rag.Api.Jobs;
using Rag.Api.Keys;
using Rag.Api.Limits;
using Rag.Api.Questions;
using Rag.Api.Sessions;

namespace Rag.Api;

/// <summary>The order of the checks and the list of routes.</summary>
internal static class ApiEndpoints
{
    public static WebApplication MapRagApi(this WebApplication app)
    {
        app.UseMiddleware<StorageGate>();
        app.UseMiddleware<BearerMiddleware>();
        app.UseMiddleware<RateLimitMiddleware>();
        app.UseMiddleware<IdempotencyMiddleware>();

        app.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        var v1 = app.MapGroup("/v1");
        var collections = v1.MapGroup("/collections");
        collections.MapCollections();
        collections.MapDocuments();
        collections.MapSubmit();
        collections.MapEvents();
        collections.MapSearch();
        collections.MapAsk();
        v1.MapIndex();
        v1.MapJobs();
        v1.MapQueue();
        v1.MapKeys();
        v1.MapSessions();
        v1.MapVersion();
        return app;
    }
}
