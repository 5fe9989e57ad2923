using Rag.Web.Security;

namespace Rag.Web.Relay;

/// <summary>Which headers pass, in each direction. Cookies, and what the browser says about itself, stay here.</summary>
internal static class RelayHeaders
{
    private static readonly string[] FromBrowser =
        ["Accept", "Idempotency-Key", "If-Match", "If-None-Match", "If-Modified-Since", "If-Range", "Last-Event-ID", "Range"];

    private static readonly string[] FromApi = ["Accept-Ranges", "ETag", "Retry-After"];

    private static readonly string[] FromApiContent = ["Content-Disposition", "Content-Length", "Content-Range", "Content-Type", "Last-Modified"];

    public static void CopyRequest(HttpRequest from, HttpRequestMessage to)
    {
        foreach (var name in FromBrowser)
        {
            if (from.Headers.TryGetValue(name, out var values))
            {
                to.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }
    }

    public static void CopyResponse(HttpResponseMessage from, HttpResponse to, RelayKind kind)
    {
        to.StatusCode = (int)from.StatusCode;
        foreach (var name in FromApi)
        {
            if (from.Headers.TryGetValues(name, out var values))
            {
                to.Headers[name] = values.ToArray();
            }
        }

        foreach (var name in FromApiContent)
        {
            if (from.Content.Headers.TryGetValues(name, out var values))
            {
                to.Headers[name] = values.ToArray();
            }
        }

        if (kind is RelayKind.Events or RelayKind.Answer)
        {
            // Asks proxies on the way not to collect the stream before they pass it on.
            to.Headers["X-Accel-Buffering"] = "no";
        }

        if (kind is RelayKind.Original && from.IsSuccessStatusCode)
        {
            to.Headers.ContentSecurityPolicy = SecurityHeaders.OriginalPolicy;
            to.Headers.CacheControl = "private, no-cache";
            var disposition = to.Headers.ContentDisposition.ToString();
            if (!disposition.StartsWith("attachment", StringComparison.OrdinalIgnoreCase))
            {
                to.Headers.ContentDisposition = "attachment";
            }
        }
    }
}
