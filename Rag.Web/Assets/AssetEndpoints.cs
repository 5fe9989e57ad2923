using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Rag.Web.Assets;

/// <summary>Serves the bundle. A path with an older fingerprint gets the present bytes, uncached: a page may outlive a deployment.</summary>
internal static class AssetEndpoints
{
    public static void MapAssets(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/assets/{fingerprint}/{**name}", Serve);
        routes.MapGet("/favicon.ico", static (AssetBundle bundle) => TypedResults.Redirect(bundle.PathTo("img/mark.svg")));
    }

    private static Results<FileContentHttpResult, NotFound> Serve(string fingerprint, string name, AssetBundle bundle, HttpContext context)
    {
        if (bundle.Find(name) is not { } asset)
        {
            return TypedResults.NotFound();
        }

        var headers = context.Response.Headers;
        headers.CacheControl = fingerprint == bundle.Fingerprint ? "public, max-age=31536000, immutable" : "no-cache";
        headers.Vary = HeaderNames.AcceptEncoding;
        var brotli = context.Request.GetTypedHeaders().AcceptEncoding.Any(static x => x.Value == "br" && x.Quality is null or > 0);
        if (brotli)
        {
            headers.ContentEncoding = "br";
        }

        return TypedResults.Bytes(
            brotli ? asset.Brotli : asset.Content,
            asset.ContentType,
            entityTag: new EntityTagHeaderValue($"\"{bundle.Fingerprint}{(brotli ? "-br" : "")}\""));
    }
}
