using Microsoft.Extensions.Options;
using Rag.Web.Hosting;

namespace Rag.Web.Security;

/// <summary>The cookies of this site. On https they carry the <c>__Host-</c> prefix, so that no other host of the domain can set them.</summary>
internal static class WebCookies
{
    private const string SessionName = "rag-session";
    private const string SignInName = "rag-signin";

    /// <summary>Written by the page's own script, read here so that the first paint has the right colours.</summary>
    public const string ThemeName = "rag-theme";

    public static string? Session(HttpRequest request) => Read(request, SessionName);

    // As long as a session can last at the API, which alone knows when it ends: it slides with every use, and an event stream uses it
    // without any answer that could carry a newer cookie. A cookie that has outlived its session is cleared by the next page.
    private static readonly TimeSpan LongestSession = TimeSpan.FromDays(30);

    public static void SetSession(HttpContext context, string session) =>
        context.Response.Cookies.Append(Name(context.Request, SessionName), session, Options(context.Request, SameSiteMode.Lax, LongestSession));

    public static void ClearSession(HttpContext context) =>
        context.Response.Cookies.Delete(Name(context.Request, SessionName), Options(context.Request, SameSiteMode.Lax));

    public static string? SignInSecret(HttpRequest request) => Read(request, SignInName);

    /// <summary>The secret behind the sign-in form's token; kept when the browser already has one, so that two open tabs both work.</summary>
    public static string EnsureSignInSecret(HttpContext context)
    {
        if (SignInSecret(context.Request) is { } present)
        {
            return present;
        }

        var secret = FormToken.NewSecret();
        context.Response.Cookies.Append(Name(context.Request, SignInName), secret, Options(context.Request, SameSiteMode.Strict));
        return secret;
    }

    /// <summary><c>light</c>, <c>dark</c>, or null for what the system prefers.</summary>
    public static string? Theme(HttpRequest request) => request.Cookies[ThemeName] switch { "light" => "light", "dark" => "dark", _ => null };

    private static string? Read(HttpRequest request, string name) => request.Cookies[Name(request, name)] is { Length: > 0 and <= 512 } value ? value : null;

    private static string Name(HttpRequest request, string name) => IsSecure(request) ? "__Host-" + name : name;

    // People may come by https although the request does not: a proxy ends it, and PublicUrl is how we know.
    private static bool IsSecure(HttpRequest request) => request.IsHttps
        || request.HttpContext.RequestServices.GetRequiredService<IOptions<WebOptions>>().Value.PublicUrl?.Scheme == Uri.UriSchemeHttps;

    private static CookieOptions Options(HttpRequest request, SameSiteMode sameSite, TimeSpan? maxAge = null) =>
        new() { HttpOnly = true, Secure = IsSecure(request), SameSite = sameSite, Path = "/", MaxAge = maxAge };
}
