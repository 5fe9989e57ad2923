namespace Rag.Web.Security;

/// <summary>Where a person goes after signing in.</summary>
internal static class ReturnUrl
{
    public const string Default = "/collections";

    /// <summary>The path if it stays on this site, else the start page. <c>//host</c> and <c>/\host</c> are other hosts to a browser.</summary>
    public static string Local(string? url) => url is not null && StaysHere(url) ? url : Default;

    public static string SignInFor(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Path != "/"
            ? $"/signin?return={Uri.EscapeDataString(request.Path.Value + request.QueryString.Value)}"
            : "/signin";

    private static bool StaysHere(string url) =>
        url is ['/', ..] and not ['/', '/' or '\\', ..]
        && url.Length <= 2000
        && !url.AsSpan().ContainsAnyInRange('\0', '\u001f')
        && !url.StartsWith("/signin", StringComparison.OrdinalIgnoreCase);
}
