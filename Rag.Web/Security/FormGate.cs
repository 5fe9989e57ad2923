using Microsoft.AspNetCore.Http.Features;
using Rag.Web.Pages;

namespace Rag.Web.Security;

/// <summary>Checks the hidden token of every form that is posted to a page.</summary>
internal static class FormGate
{
    private const long MostFormBytes = 64 * 1024;

    /// <summary>For groups of endpoints behind the visitor gate.</summary>
    public static TBuilder RequireFormToken<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.AddEndpointFilter(static (context, next) => CheckAsync(context, next, context.HttpContext.Features.Get<Visitor>()?.Session));

    /// <summary>For the form that ends the session, which needs no visitor.</summary>
    public static TBuilder RequireSessionToken<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.AddEndpointFilter(static (context, next) => CheckAsync(context, next, WebCookies.Session(context.HttpContext.Request)));

    /// <summary>For the forms that come before there is a session.</summary>
    public static TBuilder RequireSignInToken<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.AddEndpointFilter(static (context, next) => CheckAsync(context, next, WebCookies.SignInSecret(context.HttpContext.Request)));

    private static async ValueTask<object?> CheckAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next, string? secret)
    {
        var request = context.HttpContext.Request;
        if (HttpMethods.IsGet(request.Method))
        {
            return await next(context);
        }

        if (context.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MostFormBytes;
        }

        if (secret is null || !request.HasFormContentType)
        {
            return Refusal();
        }

        var form = await request.ReadFormAsync(context.HttpContext.RequestAborted);
        return FormToken.Matches(form[FormToken.FieldName], secret) ? await next(context) : Refusal();
    }

    private static MessagePage Refusal() => new(
        StatusCodes.Status400BadRequest,
        "This form is too old",
        "It was opened before you signed in, or cookies are blocked. Go back, reload the page and send it again.");
}
