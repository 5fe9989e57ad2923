using System.Net;
using Rag.Client;
using Rag.Web.Hosting;

namespace Rag.Web.Security;

/// <summary>Finds out who asks, and sends whoever is not signed in to the sign-in page and back. The API decides; nothing is cached here.</summary>
internal static class VisitorGate
{
    public static void UseVisitorGate(this IApplicationBuilder app) =>
        app.Use(static async (context, next) =>
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<NeedsVisitor>() is null)
            {
                await next(context);
                return;
            }

            if (WebCookies.Session(context.Request) is not { } session || await FindAsync(context, session) is not { } visitor)
            {
                WebCookies.ClearSession(context);
                context.Response.Redirect(ReturnUrl.SignInFor(context.Request));
                return;
            }

            context.Features.Set(visitor);
            await next(context);
        });

    private static async Task<Visitor?> FindAsync(HttpContext context, string session)
    {
        var api = context.RequestServices.GetRequiredService<ApiClients>().For(session);
        try
        {
            return new Visitor(session, await api.GetSessionAsync(context.RequestAborted), api);
        }
        catch (RagApiException e) when (e.Status == HttpStatusCode.Unauthorized)
        {
            return null;
        }
    }
}
