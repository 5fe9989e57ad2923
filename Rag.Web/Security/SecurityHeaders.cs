namespace Rag.Web.Security;

/// <summary>
/// The headers that every answer carries. Nothing on a page may be inline, and nothing may come from elsewhere: what a document holds can
/// then do nothing even if it were ever written into a page unescaped.
/// </summary>
internal static class SecurityHeaders
{
    public const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>For originals: even opened as a page, they get no origin and load nothing.</summary>
    public const string OriginalPolicy = "sandbox; default-src 'none'; frame-ancestors 'none'";

    public static void UseSecurityHeaders(this IApplicationBuilder app) =>
        app.Use(static (context, next) =>
        {
            Set(context.Response);
            return next(context);
        });

    /// <summary>Needed again after a response was cleared.</summary>
    public static void Set(HttpResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        // Not "no-referrer": under it browsers send "Origin: null" with a form, and the check on writes would refuse our own. To other
        // origins this one sends nothing either.
        headers["Referrer-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }
}
