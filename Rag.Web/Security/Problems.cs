namespace Rag.Web.Security;

/// <summary>Problem details (RFC 9457) of this site's own, in the shape of the API's.</summary>
internal static class Problems
{
    public static string TypeOf(string code) => $"https://ragplatform.dev/problems/{code}";

    public static Task WriteAsync(HttpContext context, int status, string code, string title, string detail)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new Problem(TypeOf(code), title, status, detail, context.Request.Path),
            options: null,
            contentType: "application/problem+json",
            context.RequestAborted);
    }

    private sealed record Problem(string Type, string Title, int Status, string Detail, string Instance);
}
