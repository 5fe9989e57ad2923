using Rag.Web.Assets;
using Rag.Web.Security;

namespace Rag.Web.Pages;

/// <summary>What surrounds every page.</summary>
public sealed record PageFrame(AssetBundle Assets, string Path, string? Theme, Visitor? Visitor, string FormToken, string? Notice)
{
    /// <summary>For endpoint parameters.</summary>
    public static ValueTask<PageFrame> BindAsync(HttpContext context) => ValueTask.FromResult(From(context));

    public static PageFrame From(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var visitor = context.Features.Get<Visitor>();
        return new PageFrame(
            context.RequestServices.GetRequiredService<AssetBundle>(),
            context.Request.Path.Value ?? "/",
            WebCookies.Theme(context.Request),
            visitor,
            visitor is null ? "" : Security.FormToken.For(visitor.Session),
            Notices.Find(context.Request.Query["done"]));
    }

    public string Asset(string name) => Assets.PathTo(name);
}
