namespace Rag.Web.Hosting;

/// <summary>Answers HEAD like GET without the body, as HTTP asks for: monitors, proxies and link previews send it.</summary>
internal static class HeadRequests
{
    // Not under /app: relayed streams have no end, and no script of ours asks for heads.
    public static void UseHeadAsGet(this IApplicationBuilder app) =>
        app.Use(static async (context, next) =>
        {
            if (!HttpMethods.IsHead(context.Request.Method) || context.Request.Path.StartsWithSegments("/app"))
            {
                await next(context);
                return;
            }

            // The server knows by itself that the answer to a HEAD has no body, whatever is written.
            context.Request.Method = HttpMethods.Get;
            try
            {
                await next(context);
            }
            finally
            {
                context.Request.Method = HttpMethods.Head;
            }
        });
}
