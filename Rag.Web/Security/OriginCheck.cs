using Microsoft.Extensions.Options;
using Rag.Web.Hosting;

namespace Rag.Web.Security;

/// <summary>Refuses writes that another site's page sends with this person's cookie.</summary>
internal static class OriginCheck
{
    /// <summary>Whether a request with these headers may write. Browsers send at least one of the two with every write.</summary>
    /// <param name="origin">The <c>Origin</c> header, or null.</param>
    /// <param name="fetchSite">The <c>Sec-Fetch-Site</c> header, or null: it is absent on plain http outside this machine.</param>
    /// <param name="own">Origins under which this site is reached.</param>
    public static bool Allows(string? origin, string? fetchSite, params ReadOnlySpan<string> own)
    {
        if (!string.IsNullOrEmpty(fetchSite) && !string.Equals(fetchSite, "same-origin", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        if (string.IsNullOrEmpty(origin))
        {
            return !string.IsNullOrEmpty(fetchSite);
        }

        foreach (var one in own)
        {
            if (string.Equals(origin, one, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    public static void UseOriginCheck(this IApplicationBuilder app) =>
        app.Use(static async (context, next) =>
        {
            var request = context.Request;
            if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || IsAllowed(request))
            {
                await next(context);
                return;
            }

            await Problems.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                "origin-foreign",
                "Request from another site",
                "This write did not come from a page of this site. Open the site itself and try again; "
                + "behind a proxy, set Rag:Web:PublicUrl to the address that people use.");
        });

    private static bool IsAllowed(HttpRequest request)
    {
        var own = $"{request.Scheme}://{request.Host.Value}";
        var options = request.HttpContext.RequestServices.GetRequiredService<IOptions<WebOptions>>().Value;
        return Allows(request.Headers.Origin, request.Headers["Sec-Fetch-Site"], own, options.PublicUrl?.GetLeftPart(UriPartial.Authority) ?? own);
    }
}
